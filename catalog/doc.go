// Package catalog is what the platform consists of on NATS: services, streams, subjects, rights and
// metrics. The rows are files under assets; this package reads them and holds the rules that follow
// from them, so that the program, the controller and the tasks agree.
package catalog
