// How the output of units and the console is kept: in memory, the newest megabyte.

package machine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	journalSize = 1 << 20
	// lineSize is journald's LineMax= (journald.conf(5)): a longer line is cut in two.
	lineSize = 48 << 10
)

type journal struct {
	mu    sync.Mutex
	text  []byte
	total int
}

// note adds one line, with the time before it.
func (j *journal) note(source, line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	entry := fmt.Sprintf("%s %s: %s\n", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), source, line)
	j.text = append(j.text, entry...)
	j.total += len(entry)
	// The text is cut only now and then: moving a megabyte for every line would cost more than the
	// line.
	if len(j.text) > 2*journalSize {
		cut := len(j.text) - journalSize
		cut += bytes.IndexByte(j.text[cut:], '\n') + 1
		j.text = append([]byte(nil), j.text[cut:]...)
	}
}

// mark is a place in the journal, for since.
func (j *journal) mark() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.total
}

// since returns what was noted after the mark, within the newest megabyte.
func (j *journal) since(mark int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	kept := j.text[max(0, len(j.text)-(j.total-mark)):]
	if cut := len(kept) - journalSize; cut > 0 {
		kept = kept[cut:]
		kept = kept[bytes.IndexByte(kept, '\n')+1:]
	}
	return string(kept)
}

func (j *journal) String() string { return j.since(0) }

// take notes every line of r in each journal until r ends.
func take(r io.Reader, source string, journals ...*journal) {
	lines := bufio.NewReaderSize(r, lineSize)
	for {
		line, err := lines.ReadSlice('\n')
		if text := bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			for _, j := range journals {
				j.note(source, string(text))
			}
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}
