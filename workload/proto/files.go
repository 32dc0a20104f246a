// Package proto holds the wire contract: the .proto files of what services take and answer, one
// folder for each package.
package proto

import "embed"

// Files are the .proto files, under the paths by which they import each other.
//
//go:embed */v1/*.proto
var Files embed.FS

// Contract lists every field and enum value that deployed services and clients know, a line each:
// message or enum, number, name, type, oneof. The files may add to it and change nothing of it.
//
//go:embed wire-contract.tsv
var Contract string
