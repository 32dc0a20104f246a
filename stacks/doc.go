// Package stacks is the program: it reads the stack's configuration, refuses what cannot work, and
// wires the components into the platform (Deploy).
package stacks
