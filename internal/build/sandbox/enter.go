package sandbox

// An Entry is a program that runs for the user, not as a build, on a machine where a directory is not
// at the place that the program expects: the store of a user without a daemon.
type Entry struct {
	Path string // program to execute, as it is seen inside
	Args []string
	Env  []string
	Dir  string // working directory, the same inside and outside

	Source string // the directory on the machine
	Target string // where it appears; what is there otherwise is hidden
}
