package syntax
import ("testing";"os";"strings";"fmt";"path/filepath";"firn/internal/diag")
func TestZZ(t *testing.T){
  fs,_:=filepath.Glob("/tmp/lab/sid/tmp/mm/*.nix")
  var a Arena
  same,undef,errs,bad:=0,0,0,0
  msgs:=map[string]bool{}
  for _,f:=range fs {
    b,_:=os.ReadFile(f)
    out,_:=os.ReadFile(strings.TrimSuffix(f,".nix")+".out")
    er,_:=os.ReadFile(strings.TrimSuffix(f,".nix")+".err")
    er2:=strings.ReplaceAll(string(er),"warning: the group 'nixbld' specified in 'build-users-group' does not exist\n","")
    a.Reset()
    tb:=&diag.Table{}
    e,err:=Parse(string(b),Options{PipeOperators:true,Base:"/tmp/mm",Home:"/root",Positions:tb,Origin:diag.Origin{Kind:diag.FromStdin,Text:string(b)}},&a)
    if len(out)>0 {
      if err!=nil {t.Error(f,err);bad++;continue}
      if s:=string(Print(nil,e))+"\n"; s!=string(out) { bad++
        if bad<8 {
        j:=0; for j<len(s)&&j<len(out)&&s[j]==out[j]{j++}
        t.Error(f,"got",s[max(0,j-60):min(len(s),j+60)],"want",string(out[max(0,j-60):min(len(out),j+60)])) }; continue }
      same++
      continue
    }
    if strings.Contains(string(er),"undefined variable") { undef++; if err!=nil {t.Error(f,err,er2)}; continue}
    errs++
    if err==nil {t.Error(f,"should fail",er2); continue}
    msgs[err.Error()]=true
    at:=tb.Resolve(err.(*diag.Error).Pos)
    er2=strings.ReplaceAll(er2,"\n       ","\n"); if strings.Contains(er2,"null bytes")&&strings.Contains(err.Error(),"null bytes") {continue}; g:=fmt.Sprintf("error: %s\nat %s:%d:%d:",err,at.Origin,at.Line,at.Column)
    if !strings.Contains(er2,g) { t.Error(f,g,er2) }
  }
  t.Log(same,undef,errs,bad, len(msgs))
}
