package transform

import (
	"fmt"
	"testing"
	"time"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// benchRelation is the table that the performance goals are written for.
func benchRelation() *change.Relation {
	return &change.Relation{OID: 1, Schema: "public", Name: "items", Identity: change.IdentityFull, Columns: []change.Column{
		{Name: "id", TypeOID: 20, Type: "bigint", InIdentity: true, KeyOrdinal: 1},
		{Name: "sku", TypeOID: 25, Type: "text", InIdentity: true},
		{Name: "title", TypeOID: 25, Type: "text", InIdentity: true},
		{Name: "price", TypeOID: 1700, Type: "numeric(12,2)", InIdentity: true},
		{Name: "state", TypeOID: 25, Type: "text", InIdentity: true},
		{Name: "stock", TypeOID: 23, Type: "integer", InIdentity: true},
		{Name: "updated_at", TypeOID: 1184, Type: "timestamp with time zone", InIdentity: true},
	}}
}

// benchBatch is n updates of three of seven columns, one per transaction.
func benchBatch(n int, context bool) *change.Batch {
	rel, at := benchRelation(), time.Date(2026, 3, 4, 9, 15, 22, 481516000, time.UTC)
	b := &change.Batch{}
	row := func(i, v int) []change.Value {
		return texts(fmt.Sprint(i), fmt.Sprintf("SKU-%06d", i), "Blue shirt, cotton, long sleeves", fmt.Sprintf("%d.50", v),
			"approved", fmt.Sprint(v), fmt.Sprintf("2026-03-04 09:15:22.%06d+00", v))
	}
	for i := range n {
		lsn := change.LSN(0x16b37210 + 512*i) //nolint:gosec // small
		tx := &change.Tx{XID: uint64(742 + i), Commit: lsn + 256, Time: at, Timeline: 1}
		if context {
			b.Events = append(b.Events, change.Event{
				Kind: change.Message, Tx: tx, Prefix: "waltrail",
				Content: `{"user": {"id": "187234", "name": "Jane Doe"}, "origin": {"interface": "backoffice", "name": "Article form"}, "reason": "Season price list"}`,
			})
		}
		b.Events = append(b.Events, change.Event{
			Kind: change.Update, Tx: tx, Rel: rel, Pos: change.Position{Commit: tx.Commit, Change: lsn}, Old: row(i, i+1), New: row(i, i+2),
		})
	}
	return b
}

func benchTransformer(tb testing.TB) *Transformer {
	tb.Helper()
	t, err := New(Config{System: "shop", Entities: map[string]*Entity{
		"item": {Table: "items", Label: "Item", Identifier: Strings{"sku"}, Title: Strings{"title"}, Status: &Status{Field: "state"}},
	}}, "9f2c11ab")
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func BenchmarkTransform(b *testing.B) {
	const perBatch = 500
	for _, bb := range []struct {
		name    string
		context bool
	}{{"update", false}, {"update with context", true}} {
		b.Run(bb.name, func(b *testing.B) {
			t, src := benchTransformer(b), benchBatch(perBatch, bb.context)
			var dst document.Batch
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += perBatch {
				dst.Reset()
				t.Transform(&dst, src)
			}
			b.ReportMetric(float64(dst.Size())/perBatch, "B/document")
		})
	}
}

// TestTransformAllocates holds the budget of a typical update, encoding included.
func TestTransformAllocates(t *testing.T) {
	const perBatch = 500
	tr, src := benchTransformer(t), benchBatch(perBatch, false)
	var dst document.Batch
	perUpdate := testing.AllocsPerRun(20, func() {
		dst.Reset()
		tr.Transform(&dst, src)
	}) / perBatch
	if perUpdate > 0.1 {
		t.Errorf("%.2f allocations per update, want next to none", perUpdate)
	}
	if size := dst.Size() / perBatch; size > 1434 { // 1.4 KiB
		t.Errorf("a typical document takes %d bytes, want at most 1434", size)
	}
}
