// What is looked up in the table by name, and what must not be found in it.
package services

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARowIsFoundByItsNameAndNoOther(t *testing.T) {
	table, front, err := Table()
	require.NoError(t, err)
	for _, row := range table {
		found, known, err := Named(row.Name)
		require.NoError(t, err)
		assert.True(t, known, row.Name)
		assert.Equal(t, row, found)
	}
	for _, name := range []string{"", "nobody", front.Name} {
		_, known, err := Named(name)
		require.NoError(t, err)
		assert.False(t, known, name)
	}
}
