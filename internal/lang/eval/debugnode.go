package eval

import (
	"firn/internal/diag"
	"firn/internal/lang/value"
)

// With a debugger attached, the resolver puts these nodes around others, so that
// evaluation without one costs nothing.
type (
	// debugged enters a frame while a node is evaluated.
	debugged struct {
		node
		id    uint32
		frame DebugFrame
	}
	// debugTail ends the frames that evaluating a node has entered.
	debugTail struct {
		node
		id uint32
	}
	// debugHead enters a frame, which a debugTail around it ends, when a node is
	// evaluated.
	debugHead struct {
		node
		path  []pathStep
		frame DebugFrame
	}
)

func (n *debugged) eval(w *Worker, env *value.Env) value.Value {
	f := n.frame
	f.env = env
	w.debug.push(w, f)
	v := n.node.eval(w, env)
	d := w.debug
	d.frames = d.frames[:len(d.frames)-1]
	return v
}

func (n *debugged) thunk(w *Worker, env *value.Env) *value.Value {
	return w.Cell(value.Thunk(n.id, env))
}

func (n *debugTail) eval(w *Worker, env *value.Env) value.Value {
	height := len(w.debug.frames)
	v := n.node.eval(w, env)
	d := w.debug
	d.frames = d.frames[:height]
	return v
}

func (n *debugTail) thunk(w *Worker, env *value.Env) *value.Value {
	return w.Cell(value.Thunk(n.id, env))
}

func (n *debugHead) eval(w *Worker, env *value.Env) value.Value {
	v := n.node.eval(w, env)
	f := n.frame
	f.env = env
	f.Hint = diag.Msgf("while evaluating the attribute '%s'", w.pathText(n.path, env))
	w.debug.push(w, f)
	return v
}

// debug puts a frame around a node where a debugger is attached. The node is
// evaluated in scope s.
func (r resolver) debug(n node, s *Scope, pos diag.Pos, hint string) node {
	if r.ev.Debugger == nil {
		return n
	}
	d := &debugged{node: n, frame: DebugFrame{Pos: pos, Hint: hint, scope: s}}
	d.id = r.number(d)
	return d
}

// debugSubject makes the subject of a selection enter its frame.
func (r resolver) debugSubject(subject node, path []pathStep, s *Scope, pos diag.Pos) node {
	if r.ev.Debugger == nil {
		return subject
	}
	return &debugHead{node: subject, path: path, frame: DebugFrame{Pos: pos, scope: s}}
}

// debugSelection ends the frame that debugSubject enters.
func (r resolver) debugSelection(n node) node {
	if r.ev.Debugger == nil {
		return n
	}
	d := &debugTail{node: n}
	d.id = r.number(d)
	return d
}

// plain returns the node that debugging ones stand around.
func plain(n node) node {
	for {
		switch d := n.(type) {
		case *debugged:
			n = d.node
		case *debugTail:
			n = d.node
		case *debugHead:
			n = d.node
		default:
			return n
		}
	}
}
