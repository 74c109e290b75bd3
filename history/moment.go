package history

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// moment is a point in time as people write it: absolute, of some precision, or
// relative to now.
type moment struct {
	// layout is set for an absolute time in text, with the unit that it names exactly.
	layout, text string
	unit         unit
	// day is "today", "yesterday" or "now".
	day string
	// back counts units before now.
	back int
}

// unit is what a moment is exact to, or counts in.
type unit byte

const (
	instant unit = iota
	second
	minute
	hour
	day
	week
	month
	year
)

// layouts are the absolute forms. A zone may follow a time; without one it is the reader's.
func layouts() []moment {
	return []moment{
		{layout: time.RFC3339Nano, unit: instant},
		{layout: "2006-01-02T15:04Z07:00", unit: minute},
		{layout: "2006-01-02 15:04:05.999999999Z07", unit: instant},
		{layout: "2006-01-02T15:04:05.999999999", unit: second},
		{layout: "2006-01-02 15:04:05.999999999", unit: second},
		{layout: "2006-01-02T15:04", unit: minute},
		{layout: "2006-01-02 15:04", unit: minute},
		{layout: "2006-01-02", unit: day},
		{layout: "2006-01", unit: month},
		{layout: "2006", unit: year},
	}
}

// parseMoment reads a point in time.
func parseMoment(text string) (moment, bool) {
	switch text {
	case "today", "yesterday", "now":
		return moment{day: text}, true
	}
	if strings.HasPrefix(text, "-") {
		return parseBack(text[1:])
	}
	for _, m := range layouts() {
		if _, err := time.Parse(m.layout, text); err == nil {
			m.text = text
			if m.unit == second && strings.Contains(text, ".") {
				m.unit = instant
			}
			return m, true
		}
	}
	return moment{}, false
}

// maxBack keeps relative times within the calendar.
const maxBack = 1_000_000

// parseBack reads 7d, 12h, 30m, 45s, 2w, 3mo and 1y.
func parseBack(text string) (moment, bool) {
	digits := strings.TrimRight(text, "smhdwoy")
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || n > maxBack {
		return moment{}, false
	}
	units := map[string]unit{"s": second, "m": minute, "h": hour, "d": day, "w": week, "mo": month, "y": year}
	u, ok := units[text[len(digits):]]
	return moment{back: int(n), unit: u}, ok //nolint:gosec // at most maxBack
}

// span returns the moment's first instant and the first one after it; the two
// are equal for an exact instant.
func (m moment) span(now time.Time, zone *time.Location) (from, until time.Time) {
	now = now.In(zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	switch {
	case m.day == "today":
		return midnight, midnight.AddDate(0, 0, 1)
	case m.day == "yesterday":
		return midnight.AddDate(0, 0, -1), midnight
	case m.day == "now":
		return now, now
	case m.layout == "":
		at := before(now, m.back, m.unit)
		return at, at
	}
	from, err := time.ParseInLocation(m.layout, m.text, zone)
	if err != nil { // parseMoment has seen to that
		return now, now
	}
	return from, end(from, m.unit)
}

func before(t time.Time, n int, u unit) time.Time {
	switch u {
	case second:
		return t.Add(-time.Duration(n) * time.Second)
	case minute:
		return t.Add(-time.Duration(n) * time.Minute)
	case hour:
		return t.Add(-time.Duration(n) * time.Hour)
	case week:
		return t.AddDate(0, 0, -7*n)
	case month:
		return t.AddDate(0, -n, 0)
	case year:
		return t.AddDate(-n, 0, 0)
	case instant, day:
	}
	return t.AddDate(0, 0, -n)
}

// end adds one unit.
func end(t time.Time, u unit) time.Time {
	if u == instant {
		return t
	}
	return before(t, -1, u)
}

// number reads a finite number.
func number(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	// Plus zero makes zero of -0, which has another token.
	return n + 0, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) && !strings.ContainsAny(text, "xXpP_")
}

func wholeNumber(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}

// isDate reports whether text is a time that a value can be compared with: an
// absolute one of four-digit years.
func isDate(text string) bool {
	m, ok := parseMoment(text)
	return ok && m.layout != "" && m.unit != year
}
