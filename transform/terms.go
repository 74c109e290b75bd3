package transform

import (
	"strconv"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// term appends the search token of one side. A number or date gets the token
// of its kind, everything else the token of its text; what is masked, null, cut
// or longer than document.MaxTerm gets none.
func (t *Transformer) term(c *document.Change, col *column, side document.TermSide, v change.Value, s *document.Side) {
	if v.Kind != change.Text || s.Masked || s.Truncated || len(v.Text) > document.MaxTerm {
		return
	}
	token := t.scratch[:0]
	switch {
	case s.Number != "":
		number, err := strconv.ParseFloat(s.Number, 64)
		if err != nil { // beyond a double
			return
		}
		token = document.AppendNumberTerm(token, side, col.name, number)
	case s.Date != "":
		iso, _ := instant(v.Text)
		token = document.AppendDateTerm(token, side, col.name, iso)
	default:
		token = document.AppendTextTerm(token, side, v.Text, col.name)
	}
	c.Trail.Terms = append(c.Trail.Terms, t.keep(token))
}
