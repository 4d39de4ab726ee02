package cli

const lockGroup = "Options that concern flakes"

// lockFlags are those about flakes and their lock files. Without flakes they
// change nothing; scripts that give them with --file work.
var lockFlags = []*Flag{
	{Long: "commit-lock-file", Group: lockGroup, Doc: "Commit changes of the lock file. Flakes only."},
	{Long: "inputs-from", Labels: []string{"flake-url"}, Group: lockGroup, Doc: "Take the inputs of a flake as registry entries. Flakes only."},
	{Long: "no-registries", Group: lockGroup, Doc: "Do not look into registries. Flakes only."},
	{Long: "no-update-lock-file", Group: lockGroup, Doc: "Fail if the lock file has to change. Flakes only."},
	{Long: "no-write-lock-file", Group: lockGroup, Doc: "Do not write the lock file. Flakes only."},
	{Long: "output-lock-file", Labels: []string{"flake-lock-path"}, Group: lockGroup, Doc: "Write the lock file to another place. Flakes only."},
	{Long: "override-input", Labels: []string{"input-path", "flake-url"}, Group: lockGroup, Doc: "Use another flake for an input. Flakes only."},
	{Long: "recreate-lock-file", Group: lockGroup, Doc: "Make the lock file anew. Flakes only."},
	{Long: "reference-lock-file", Labels: []string{"flake-lock-path"}, Group: lockGroup, Doc: "Read the lock file from another place. Flakes only."},
	{Long: "update-input", Labels: []string{"input-path"}, Group: lockGroup, Doc: "Update an input in the lock file. Flakes only."},
}
