package realise

// structured hands over structured attributes: a JSON file and a shell script that sets variables.
func (b *build) structured(e *environ, inside string) error {
	attrs := b.opt.Attributes(b.d)
	for _, g := range b.opt.ExportReferencesGraph {
		paths, err := b.exported(g.Paths)
		if err != nil {
			return err
		}
		attrs.SetGraph(b.dir, g.Name, paths, b.infos)
	}
	script, err := attrs.Shell()
	if err != nil {
		return err
	}
	text, err := attrs.JSON()
	if err != nil {
		return err
	}
	e.fileVariable(inside, "NIX_ATTRS_SH_FILE", ".attrs.sh", script)
	e.fileVariable(inside, "NIX_ATTRS_JSON_FILE", ".attrs.json", text)
	return nil
}
