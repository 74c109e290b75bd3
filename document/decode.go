package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// MarshalJSON writes the document as Encoder.Append does.
func (c *Change) MarshalJSON() ([]byte, error) {
	var e Encoder
	return e.Append(nil, c), nil
}

// UnmarshalJSON keeps the text of the JSON as it is.
func (r *RawJSON) UnmarshalJSON(b []byte) error {
	*r = RawJSON(b)
	return nil
}

// MarshalJSON returns the text.
func (r RawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// sideJSON is Side as encoding/json sees it. Value tells null from absent.
type sideJSON struct {
	Value     json.RawMessage `json:"value"`
	JSON      RawJSON         `json:"json"`
	Number    RawJSON         `json:"number"`
	Date      string          `json:"date"`
	Label     string          `json:"label"`
	Color     string          `json:"color"`
	Size      int64           `json:"size"`
	SHA256    string          `json:"sha256"`
	Truncated bool            `json:"truncated"`
	Masked    bool            `json:"masked"`
	HMAC      string          `json:"hmac"`
}

// UnmarshalJSON reads a side; a missing value stays Absent.
func (s *Side) UnmarshalJSON(b []byte) error {
	var j sideJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*s = Side{
		Number: string(j.Number), Date: j.Date, Label: j.Label, Color: j.Color, Size: j.Size,
		SHA256: j.SHA256, Truncated: j.Truncated, Masked: j.Masked, HMAC: j.HMAC,
	}
	if j.JSON != "" {
		s.Kind, s.Value = JSON, string(j.JSON)
		return nil
	}
	var err error
	s.Kind, s.Value, err = decodeValue(j.Value)
	return err
}

// MarshalJSON writes the side as it stands in a document.
func (s Side) MarshalJSON() ([]byte, error) {
	var w writer
	w.side(&s)
	return w.buf, nil
}

// decodeValue reads a value that is a string or null.
func decodeValue(raw json.RawMessage) (Kind, string, error) {
	switch {
	case raw == nil:
		return Absent, "", nil
	case string(raw) == "null":
		return Null, "", nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return Absent, "", fmt.Errorf("a value must be a string or null: %w", err)
	}
	return Text, text, nil
}

// UnmarshalJSON reads an object into cells, in the order of its members.
func (r *Row) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	open, err := d.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('{') {
		return errors.New("a row must be a JSON object")
	}
	*r = nil
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // a member's name is one
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		c := Cell{Name: name, Kind: JSON, Value: string(raw)}
		if raw[0] == '"' || string(raw) == "null" {
			if c.Kind, c.Value, err = decodeValue(raw); err != nil {
				return err
			}
		}
		*r = append(*r, c)
	}
	return nil
}

// MarshalJSON writes the row as it stands in a document.
func (r Row) MarshalJSON() ([]byte, error) {
	var w writer
	w.rowObject(r)
	return w.buf, nil
}
