// Package toolchain builds and finds the programs that the project needs: pinned command-line
// tools, the Pulumi CLI, and the artifacts that a deployment uploads. A fresh machine has Go and
// nothing else.
package toolchain
