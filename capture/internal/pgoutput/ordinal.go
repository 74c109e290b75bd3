package pgoutput

import (
	"math"

	"github.com/waltrail/waltrail/change"
)

// ordinals counts the rows of each table within one WAL record, since one
// record may hold hundreds of them (COPY). The count is per table, so that another
// table in the publication shifts no ordinal and with it no id (invariant 5).
type ordinals struct {
	lsn    change.LSN
	tables []tableCount // of the record at lsn; nearly always one
}

type tableCount struct {
	oid  uint32
	next uint32
}

// next returns the ordinal of the next row of table oid in the record at lsn;
// ok is false when more rows come than an ordinal can tell apart.
func (o *ordinals) next(lsn change.LSN, oid uint32) (n uint16, ok bool) {
	if lsn != o.lsn {
		o.lsn, o.tables = lsn, o.tables[:0]
	}
	for i := range o.tables {
		if t := &o.tables[i]; t.oid == oid {
			t.next++
			return uint16(t.next - 1), t.next-1 <= math.MaxUint16 //nolint:gosec // checked beside
		}
	}
	o.tables = append(o.tables, tableCount{oid: oid, next: 1})
	return 0, true
}

// truncateOrdinals appends to dst one ordinal per truncated table. TRUNCATE of many
// tables is one record and one message that lists the published ones only, so
// that counting would depend on the publication. The low half of the OID does
// not; where two halves collide, the later table takes the next free number.
func truncateOrdinals(dst []uint16, oids []uint32) []uint16 {
	for _, oid := range oids {
		n := uint16(oid & math.MaxUint16) //nolint:gosec // masked
		for contains(dst, n) {
			n++
		}
		dst = append(dst, n)
	}
	return dst
}

func contains(list []uint16, n uint16) bool {
	for _, v := range list {
		if v == n {
			return true
		}
	}
	return false
}
