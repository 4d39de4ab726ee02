// Command firn is the Nix system in one static binary.
package main

func main() {}
