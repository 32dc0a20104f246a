// Package stacks is the program (Deploy): it reads the stack's configuration, looks up the account
// and the region, wires the components into the platform, and exports what a person needs of it.
package stacks
