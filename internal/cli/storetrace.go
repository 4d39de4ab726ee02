package cli

import (
	"context"
	"errors"

	"firn/internal/build/plan"
	"firn/internal/config"
	"firn/internal/format/realisation"
	"firn/internal/store"
	"firn/internal/store/local"
)

var storeTraceCommand = Command{
	Name: "build-trace", Category: Utility, Feature: config.NixCommand,
	Summary: "look at what content-addressed outputs were built to",
	Doc:     "A build trace records which store path an output of a derivation became where that does not follow from the derivation.",
	Sub:     []*Command{&storeTraceDeleteCommand, &storeTraceInfoCommand},
}

var storeTraceInfoCommand = Command{
	Name: "info", Category: Utility, Feature: config.CADerivations,
	Summary:  "print what outputs were built to",
	Doc:      "Prints for each output of content-addressed derivations the key it is recorded under, which is the derivation with its inputs resolved and the output's name, and its path; for other things just the path.",
	Examples: []Example{{"Look up the outputs of a derivation", "nix store build-trace info --file ./default.nix hello"}},
	Flags:    [][]*Flag{jsonFlags, installableFlags, evalFlags},
	Args:     []Arg{{Label: "installables", Many: true}},
	Run:      runStoreTraceInfo,
}

func runStoreTraceInfo(ctx context.Context, c *Call) error {
	return c.withStore(func(st store.Store) error {
		outputs, err := c.knownOutputs(ctx, st)
		if err != nil {
			return err
		}
		traces, _ := st.(store.Traces)
		answers := []any{}
		for _, o := range outputs {
			var r *realisation.Realisation
			if traces != nil && o.Drv != "" {
				if r, err = traces.Realisation(ctx, realisation.ID{Drv: o.Drv, Output: o.Name}); err != nil {
					return err
				}
			}
			path := st.Dir().Join(o.Path)
			switch {
			case !c.Has(&jsonFlag) && r != nil:
				err = printLine(c.Out, r.ID.Text(st.Dir())+" "+path)
			case !c.Has(&jsonFlag):
				err = printLine(c.Out, path)
			case r != nil:
				answers = append(answers, r)
			default:
				answers = append(answers, map[string]string{"opaquePath": path})
			}
			if err != nil {
				return err
			}
		}
		if !c.Has(&jsonFlag) {
			return nil
		}
		return c.printJSON(answers)
	})
}

// knownOutputs are the outputs that the arguments mean, which have to be known
// without building.
func (c *Call) knownOutputs(ctx context.Context, st store.Store) (outputs []plan.Output, err error) {
	e, err := c.newEvaluation(ctx, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	list, err := e.installables(c.Args)
	if err != nil {
		return nil, err
	}
	return e.tracedIn(ctx, st, list)
}

var storeTraceDeleteCommand = Command{
	Name: "delete", Category: Utility, Feature: config.CADerivations,
	Summary:  "forget what outputs were built to",
	Doc:      "Deletes the records of outputs from the store. They are built again when they are needed; their paths stay.",
	Examples: []Example{{"Have an output built again", "nix store build-trace delete /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello.drv^out"}},
	Args:     []Arg{{Label: "id", Many: true}},
	Run:      runStoreTraceDelete,
}

func runStoreTraceDelete(ctx context.Context, c *Call) error {
	return c.withLocalStore(func(st *local.Store) error {
		ids := make([]realisation.ID, len(c.Args))
		for i, arg := range c.Args {
			var err error
			if ids[i], err = realisation.ParseID(st.Dir(), arg); err != nil {
				return err
			}
		}
		return st.DeleteRealisations(ctx, ids)
	})
}
