package transform

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// side fills one side of a field from a known value.
func (t *Transformer) side(c *document.Change, s *document.Side, col *column, v change.Value) {
	if v.Kind != change.Text {
		s.Kind = document.Null
		return
	}
	if col.mask != maskNone {
		t.masked(s, col.mask, v.Text)
		c.Trail.Change.Masked = true
		return
	}
	s.Kind, s.Value = document.Text, v.Text
	if len(v.Text) > t.cfg.maxValue() {
		t.cut(c, s)
		return
	}
	t.meaning(s, col)
	if col.values != nil {
		shown := col.values[v.Text]
		s.Label, s.Color = shown.Label, shown.Color
	}
}

// meaning adds what the column's type says of a text.
func (t *Transformer) meaning(s *document.Side, col *column) {
	switch col.class {
	case classNumber:
		s.Number = numberOf(s.Value)
	case classDate, classTimestamp:
		if iso, ok := instant(s.Value); ok {
			s.Date = t.keep(appendRFC3339(t.scratch[:0], iso))
		}
	case classJSON, classJSONB:
		if t.json.storable(s.Value, col.class == classJSON) {
			s.Kind = document.JSON
		}
	case classText:
	}
}

// cut shortens a value that is too long and says so. JSON that is cut is text.
func (t *Transformer) cut(c *document.Change, s *document.Side) {
	t.count.CutValues++
	c.Trail.Change.Truncated = true
	s.Size, s.SHA256, s.Truncated = int64(len(s.Value)), sha256Hex(s.Value), true
	s.Value = cutAt(s.Value, t.cfg.maxValue())
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// cell makes the cell of a known value for a snapshot or key. A cell has no
// room beside its value, so a masked or cut value is an object that says so; it
// never stands for the value itself. Of JSON only objects and arrays are
// passed through: a JSON null or string would read as SQL null or as a text, so
// these stay in PostgreSQL's text form.
func (t *Transformer) cell(c *document.Change, col *column, v change.Value) document.Cell {
	cell := document.Cell{Name: col.name, Kind: document.Null}
	switch {
	case v.Kind != change.Text:
	case col.mask != maskNone:
		c.Trail.Change.Masked = true
		var s document.Side
		t.masked(&s, col.mask, v.Text)
		cell.Kind, cell.Value = document.JSON, sideText(s)
	case len(v.Text) > t.cfg.maxValue():
		c.Trail.Change.Truncated = true
		cell.Kind, cell.Value = document.JSON, sideText(document.Side{
			Size: int64(len(v.Text)), SHA256: sha256Hex(v.Text), Truncated: true,
		})
	case col.class >= classJSON && structured(v.Text) && t.json.storable(v.Text, col.class == classJSON):
		cell.Kind, cell.Value = document.JSON, v.Text
	default:
		cell.Kind, cell.Value = document.Text, v.Text
	}
	return cell
}

func sideText(s document.Side) string {
	text, _ := s.MarshalJSON() // never fails
	return string(text)
}

// shown returns the text of a column for ids, labels and sentences, masked
// where the column is; empty for null and unknown.
func (t *Transformer) shown(col *column, v change.Value) string {
	if v.Kind != change.Text {
		return ""
	}
	return t.maskedText(col.mask, v.Text)
}
