package cli

import (
	"firn/internal/activity"
	"firn/internal/diag"
	"firn/internal/ui"
)

// Headings of flags in help.
const (
	loggingGroup = "Logging-related options"
	globalGroup  = "Miscellaneous global options"
)

// helpFlag and versionFlag are looked at when the line is parsed.
var helpFlag = Flag{Long: "help", Group: globalGroup, Doc: "Show usage information."}

var versionFlag = Flag{Long: "version", Group: globalGroup, Doc: "Show version information."}

var verboseFlag = Flag{Long: "verbose", Short: 'v', Group: loggingGroup, Doc: "Increase the logging verbosity level.",
	Apply: func(c *Call, _ []string) error {
		c.Log.SetLevel(min(c.Log.Level()+1, activity.Vomit))
		return nil
	}}

var quietFlag = Flag{Long: "quiet", Group: loggingGroup, Doc: "Decrease the logging verbosity level.",
	Apply: func(c *Call, _ []string) error {
		if l := c.Log.Level(); l > activity.Error {
			c.Log.SetLevel(l - 1)
		}
		return nil
	}}

var debugFlag = Flag{Long: "debug", Group: loggingGroup, Doc: "Set the logging verbosity level to 'debug'.",
	Apply: func(c *Call, _ []string) error {
		c.Log.SetLevel(activity.Debug)
		return nil
	}}

var logFormatFlag = Flag{Long: "log-format", Labels: []string{"format"}, Group: loggingGroup, Complete: completeLogFormat,
	Doc: "Set the format of log output: `raw`, `raw-with-logs`, `internal-json`, `bar`, `bar-with-logs`, `tree` or `tree-with-logs`.",
	Apply: func(c *Call, values []string) error {
		f, err := ui.ParseFormat(values[0])
		if err != nil {
			return err
		}
		c.Log.SetFormat(f)
		return nil
	}}

func completeLogFormat(_ *Call, _ int, prefix string, out *completion) {
	names := make([]string, 0, len(ui.Formats()))
	for _, f := range ui.Formats() {
		names = append(names, string(f))
	}
	completeWords(names...)(nil, 0, prefix, out)
}

var optionFlag = Flag{Long: "option", Labels: []string{"name", "value"}, Group: globalGroup, Complete: completeSetting,
	Doc: "Set the configuration setting *name* to *value*, whatever `nix.conf` says.",
	Apply: func(c *Call, values []string) error {
		if err := c.Config.Set(values[0], values[1]); err != nil {
			// Nix: a wrong value is no error here.
			c.Log.Report(activity.Warn, diag.As(err), false)
		}
		return nil
	}}

var maxJobsFlag = Flag{Long: "max-jobs", Short: 'j', Labels: []string{"jobs"}, Doc: "The maximum number of parallel builds.",
	Apply: func(c *Call, values []string) error { return c.Config.Set("max-jobs", values[0]) }}

// commonFlags are the flags of every program.
var commonFlags = []*Flag{&debugFlag, &logFormatFlag, &maxJobsFlag, &optionFlag, &quietFlag, &verboseFlag}

// Flags of nix.

var printLogsFlag = Flag{Long: "print-build-logs", Short: 'L', Group: loggingGroup, Feature: nixCommandFeature,
	Doc: "Print full build logs on standard error.",
	Apply: func(c *Call, _ []string) error {
		c.Log.ShowLogs()
		return nil
	}}

var offlineFlag = Flag{Long: "offline", Aliases: []string{"no-net"}, Group: globalGroup, Feature: nixCommandFeature,
	Doc: "Disable substituters and consider everything that was downloaded before to be up to date."}

var refreshFlag = Flag{Long: "refresh", Group: globalGroup, Feature: nixCommandFeature,
	Doc: "Consider everything that was downloaded before to be out of date."}

var nixFlags = []*Flag{&helpFlag, &offlineFlag, &printLogsFlag, &refreshFlag, &versionFlag}

// Flags of the classic programs.

var noBuildOutputFlag = Flag{Long: "no-build-output", Short: 'Q', Doc: "Do not show build output.",
	Apply: func(c *Call, _ []string) error {
		c.Log.SetFormat(ui.Raw)
		return nil
	}}

var keepFailedFlag = Flag{Long: "keep-failed", Short: 'K', Doc: "Keep temporary directories of failed builds.",
	Apply: setTo("keep-failed", "true")}

var keepGoingFlag = Flag{Long: "keep-going", Short: 'k', Doc: "Keep going after a build fails.",
	Apply: setTo("keep-going", "true")}

var readonlyFlag = Flag{Long: "readonly-mode", Doc: "Do not write to the Nix store."}

var noGCWarningFlag = Flag{Long: "no-gc-warning", Doc: "Do not warn about results that are no garbage collector roots."}

var classicFlags = []*Flag{&helpFlag, &versionFlag, &noBuildOutputFlag, &keepFailedFlag, &keepGoingFlag, &readonlyFlag, &noGCWarningFlag}

// setTo returns an Apply function that sets a setting.
func setTo(name, value string) func(*Call, []string) error {
	return func(c *Call, _ []string) error { return c.Config.Set(name, value) }
}

// defaultLevel is what is shown without flags.
func defaultLevel(root *Command, t ui.Terminal) activity.Level {
	if !root.Classic && t.Live {
		return activity.Notice
	}
	return activity.Info
}
