// What the table holds by name, and what it does not hold.

package catalog

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARowIsFoundByItsNameAndNoOther(t *testing.T) {
	table, front, err := Services()
	require.NoError(t, err)
	for _, row := range table {
		found, known, err := ServiceNamed(row.Name)
		require.NoError(t, err)
		assert.True(t, known, row.Name)
		assert.Equal(t, row, found)
	}
	for _, name := range []string{"", "nobody", front.Name} {
		_, known, err := ServiceNamed(name)
		require.NoError(t, err)
		assert.False(t, known, name)
	}
}
