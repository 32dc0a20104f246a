// Package config is the configuration of one stack: the keys that Pulumi.yaml declares, how their
// values are decoded, and what is refused before the first resource, with every fault at once.
package config
