package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAnUnknownRegionIsRefused(t *testing.T) {
	_, err := New("mars-1")
	assert.ErrorContains(t, err, "us-east-1")
}
