// Package tools pins the Pulumi CLI, in a module of its own so that its many dependencies
// do not decide the versions of the program's. internal/toolchain builds it.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
