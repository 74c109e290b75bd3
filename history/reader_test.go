package history_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/history"
	"github.com/waltrail/waltrail/indexer"
	"github.com/waltrail/waltrail/internal/testenv"
)

const (
	jane   = `{"user":{"id":"187234","name":"Jane Doe","email":"jane@example.com"},"origin":{"interface":"backoffice","name":"Article form"}}`
	bob    = `{"user":{"id":"bob"},"origin":{"interface":"cron","run":{"type":"cron","id":"5521"}}}`
	apiRun = `{"user":{"id":"42","name":"Janet Doering"},"origin":{"interface":"api","run":{"type":"api_call","id":"req-8842"}}}`
)

// tell writes the changes that the queries of the tests find, by their tags,
// among others that most do not.
func tell(s *story) {
	shirt := values{"id": "42", "sku": "SKU-001", "title": "Blue shirt", "state": "new", "catalog_id": "MASTER", "kind": "master", "due": "2026-04-01", "seen": "2026-03-04 09:15:22.5+00", "secret": "sesame"}
	s.change("create", jane, "articles", nil, shirt)
	approved := with(shirt, "state", "approved")
	s.change("approve", jane, "articles", shirt, approved)
	eur := values{"id": "1", "article_id": "42", "currency": "EUR", "price": "1.50"}
	s.change("price-eur", apiRun, "article_prices", nil, eur)
	s.change("price-up", apiRun, "article_prices", eur, with(eur, "price", "2.00"))
	usd := values{"id": "2", "article_id": "43", "currency": "USD", "price": "12.5"}
	s.change("price-low", bob, "article_prices", usd, with(usd, "price", "-3.25"))
	s.change("retitle", bob, "articles", approved, with(approved, "title", "Red = shirt*"))
	s.change("due", "", "articles", approved, with(approved, "due", "2026-05-02", "seen", "2026-03-05 00:00:00+00"))
	s.change("secret", "", "articles", approved, with(approved, "secret", "open"))
	supplier := values{"id": "99", "sku": "ABC*1", "title": "hat", "catalog_id": "ACME", "kind": "supplier", "stock": "1"}
	s.change("supplier", apiRun, "articles", nil, supplier)
	s.change("delete", jane, "articles", supplier, nil)
	s.change("empty", "", "articles", with(supplier, "id", "50", "sku", "E"), with(supplier, "id", "50", "sku", "E", "title", ""))
	s.change("null", "", "articles", with(supplier, "id", "51", "sku", "N"), with(supplier, "id", "51", "sku", "N", "title", null))
	s.at = time.Date(2026, 4, 30, 22, 0, 0, 0, time.UTC) // the noise goes over the end of a month
	for i := range noise {
		v := values{"id": fmt.Sprint(1000 + i), "sku": fmt.Sprintf("NOISE-%d", i), "title": "Noise", "stock": fmt.Sprint(1000 + i)}
		s.change("noise", `{"origin":{"interface":"import"}}`, "articles", v, with(v, "stock", fmt.Sprint(5000+i)))
	}
	s.store()
}

const noise = 250

func tags(p *history.Page) []string {
	all := []string{}
	for i := range p.Changes {
		all = append(all, p.Changes[i].Event.Reason)
	}
	return all
}

func TestSearch(t *testing.T) {
	s := newStory(t)
	tell(s)
	for _, tt := range []struct {
		query string
		want  string // tags, newest first
	}{
		{"entity:article_price", "price-low price-up price-eur"},
		{"entity:article_*", "price-low price-up price-eur"},
		{"id:42", "secret due retitle approve create"},
		{"id:sku-001", "secret due retitle approve create"},
		{"id:article:42 type:created", "create"},
		{"id:SKU-* type:created", "create"},
		{`id:"ABC*1"`, "delete supplier"},
		{"id:50,51", "null empty"},
		{"type:deleted", "delete"},
		{"type:created,deleted entity:article", "delete supplier create"},
		{"field:price", "price-low price-up price-eur"},
		{`field:"price[currency=EUR]"`, "price-up price-eur"},
		{`field:"price[currency=*"`, ""},
		{`field:price[currency=*]`, "price-low price-up price-eur"},
		{"field:state,due -type:created,deleted", "due approve"},
		{"field:state old:new new:approved", "approve"},
		{"old:new new:approved", "approve"},
		{"field:state new:APPROVED type:changed", "approve"},
		{"field:sku new:approved", ""},
		{"field:state -new:new", "approve"},
		{"new:2", "price-up"},
		{"new:2.000 field:price", "price-up"},
		{"old:1.5 new:2", "price-up"},
		{"field:price>1.75", "price-up"},
		{"field:price>=2", "price-up"},
		{"field:price<0", "price-low"},
		{"field:price>-100", "price-low price-up price-eur"},
		{"field:price old:>10", "price-low"},
		{"field:price old:>1 new:>1", "price-up"},
		{"field:price new:<=1.5", "price-low price-eur"},
		{"field:due>2026-04-30", "due"},
		{"field:due<=2026-04-01", "create"},
		{"field:due new:2026-05", "due"},
		{"field:seen>=2026-03-05", "due"},
		{`field:seen<"2026-03-04 09:15:23"`, "create"},
		{`field:seen>"2026-03-04 09:15:22" type:created`, ""},
		{"new:2026-05-02", "due"},
		{"new:red*", "retitle"},
		{`new:"Red = shirt*"`, "retitle"},
		{`new:"Red "`, ""},
		{"old:*shirt", "retitle"},
		{`new:"" field:title`, "empty"},
		{"field:title old:hat -new:*", "null delete"},
		{"new:sesame", ""},
		{"old:sesame", ""},
		{"field:secret type:changed", "secret"},
		{"user:jane", "delete approve create"},
		{"user:187234", "delete approve create"},
		{"user:JANE@example.com", "delete approve create"},
		{`user:"jane doe"`, "delete approve create"},
		{"user:doe*", "delete supplier price-up price-eur approve create"},
		{"user:jan", ""},
		{"user:bob,janet", "supplier retitle price-low price-up price-eur"},
		{"interface:cron", "retitle price-low"},
		{"run:req-8842", "supplier price-up price-eur"},
		{"run:req-*", "supplier price-up price-eur"},
		{"container:ACME", "null empty delete supplier"},
		{"kind:supplier type:created", "supplier"},
		{"kind:master,supplier type:created", "supplier create"},
		{"tx:703", "price-up"},
		{"tx:<702", "approve create"},
		{"tx:>=702 tx:<704", "price-up price-eur"},
		{"to:2026-03-01T10:01:00Z", "approve create"},
		{"from:2026-03-01T10:10:00Z to:2026-03-01", "null empty"},
		{`from:"2026-03-01 10:02" to:"2026-03-01 10:03"`, "price-up price-eur"},
		{"from:2027", ""},
		{"shirt type:created", "create"},
		{`"blue shirt" -id:42`, ""},
		{"blue -type:changed", "create"},
		{"Doe type:created", "create"},
		{"*ABC* type:deleted", "delete"},
		{"approved", "approve"},
		{"-interface:import -entity:article", "price-low price-up price-eur"},
	} {
		t.Run(tt.query, func(t *testing.T) {
			q, err := history.Parse(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.reader.Search(t.Context(), q, history.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Fields(tt.want), tags(p)); diff != "" && (tt.want != "" || p.Total != 0) {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPages(t *testing.T) {
	s := newStory(t)
	tell(s)
	receipt := document.Receipt{From: 1, To: 2, N: 1, Timeline: 1, Time: s.at}
	if err := receipt.Seal(); err != nil {
		t.Fatal(err)
	}
	if err := s.index.AppendReceipt(t.Context(), receipt); err != nil {
		t.Fatal(err)
	}
	s.es.Refresh(t)
	var last, cursor string
	seen := 0
	for page := 0; page == 0 || cursor != ""; page++ {
		p, err := s.reader.Search(t.Context(), history.Query{}, history.Options{Size: 37, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		if p.Total != s.written || p.More {
			t.Fatalf("page %d: %d of %d changes, more %t", page, p.Total, s.written, p.More)
		}
		for i := range p.Changes {
			sequence := p.Changes[i].Trail.Sequence
			if last != "" && sequence >= last {
				t.Fatalf("%s comes after %s", sequence, last)
			}
			last = sequence
		}
		seen += len(p.Changes)
		cursor = p.Next
	}
	if seen != s.written {
		t.Errorf("%d of %d changes were seen", seen, s.written)
	}
}

// TestLastPageIsNotFollowedByAnEmptyOne: a page that is exactly full is the last.
func TestLastPageIsNotFollowedByAnEmptyOne(t *testing.T) {
	s := newStory(t)
	for i := range 4 {
		s.change("x", "", "articles", nil, values{"id": fmt.Sprint(i)})
	}
	s.store()
	p, err := s.reader.Search(t.Context(), history.Query{}, history.Options{Size: 4})
	if err != nil || len(p.Changes) != 4 || p.Next != "" {
		t.Errorf("%d changes, next %q, %v", len(p.Changes), p.Next, err)
	}
}

func TestHistory(t *testing.T) {
	s := newStory(t)
	tell(s)
	for _, tt := range []struct{ entity, id, want string }{
		{"article", "42", "secret due retitle price-up price-eur approve create"}, // with the prices, its parts
		{"article_price", "1", "price-up price-eur"},
		{"article", "43", "price-low"},
		{"article", "4", ""},
		{"article", "*", ""},
		{"contact", "42", ""},
	} {
		p, err := s.reader.History(t.Context(), tt.entity, tt.id, history.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Fields(tt.want), tags(p)); diff != "" && tt.want+fmt.Sprint(p.Total) != "0" {
			t.Errorf("%s %s (-want +got):\n%s", tt.entity, tt.id, diff)
		}
	}
}

// TestTruncateEndsEveryItem: an emptied table is part of the History of all its items.
func TestTruncateEndsEveryItem(t *testing.T) {
	s := newStory(t)
	s.change("one", "", "articles", nil, values{"id": "1"})
	s.change("two", "", "articles", nil, values{"id": "2"})
	s.change("price", "", "article_prices", nil, values{"id": "1", "article_id": "9"})
	s.change("truncate", "", "articles", nil, nil)
	s.store()
	for id, want := range map[string][]string{"1": {"truncate", "one"}, "2": {"truncate", "two"}} {
		p, err := s.reader.History(t.Context(), "article", id, history.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, tags(p)); diff != "" {
			t.Errorf("article %s (-want +got):\n%s", id, diff)
		}
	}
}

func TestResolve(t *testing.T) {
	s := newStory(t)
	tell(s)
	for _, tt := range []struct {
		entity, identifier, id string
	}{
		{"article", "SKU-001", "42"}, {"article", "sku-001", "42"}, {"article", "42", ""}, {"article_price", "SKU-001", ""},
	} {
		id, found, err := s.reader.Resolve(t.Context(), tt.entity, tt.identifier)
		if err != nil || id != tt.id || found != (tt.id != "") {
			t.Errorf("%s %s: want %q, got %q, %t, %v", tt.entity, tt.identifier, tt.id, id, found, err)
		}
	}
}

// TestWhatIsReadIsWhatWasWritten compares the parsed and the raw form of a
// change with the document that was stored, its hash included.
func TestWhatIsReadIsWhatWasWritten(t *testing.T) {
	s := newStory(t)
	tell(s)
	p, err := s.reader.History(t.Context(), "article", "42", history.Options{Size: 1000})
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]*document.Change{}
	for i := range s.batch.Changes {
		stored[s.batch.Changes[i].Event.ID] = &s.batch.Changes[i]
	}
	var encoder document.Encoder
	for i := range p.Changes {
		got, want := &p.Changes[i], stored[p.Changes[i].Event.ID]
		if diff := cmp.Diff(string(want.Body), string(got.Raw)); diff != "" {
			t.Errorf("%s (-stored +read):\n%s", got.Event.ID, diff)
		}
		if encoder.Hash(&got.Change) != want.Sum {
			t.Errorf("%s has another hash after it was read back", got.Event.ID)
		}
	}
}

func TestAnEmptyTrailIsNoError(t *testing.T) {
	s := newStory(t)
	p, err := s.reader.Search(t.Context(), history.Query{}, history.Options{})
	if err != nil || p.Total != 0 || p.Next != "" {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestOtherSystemsAreNotSeen(t *testing.T) {
	s := newStory(t)
	s.change("x", "", "articles", nil, values{"id": "1"})
	s.store()
	other := history.NewReader(s.index, s.es.System[:len(s.es.System)-1])
	p, err := other.Search(t.Context(), history.Query{}, history.Options{})
	if err != nil || p.Total != 0 {
		t.Errorf("a system whose name begins like another sees %d of its changes (%v)", p.Total, err)
	}
}

func TestReaderSaysWhatIsWrong(t *testing.T) {
	s := newStory(t)
	ask := func(o history.Options) error {
		_, err := s.reader.Search(t.Context(), history.Query{}, o)
		return err
	}
	for _, cursor := range []string{"x", strings.Repeat("0", 38), "0000000016b37480-0000000016b37210-000g", "ffffffffffffffff-0000000016b37210-0000"} {
		if err := ask(history.Options{Cursor: cursor}); err == nil || !strings.Contains(err.Error(), "cursor") {
			t.Errorf("cursor %q: got %v", cursor, err)
		}
	}
	for _, size := range []int{-1, history.MaxSize + 1} {
		if err := ask(history.Options{Size: size}); err == nil || !strings.Contains(err.Error(), "1 to 1000") {
			t.Errorf("size %d: got %v", size, err)
		}
	}
}

func TestNoServer(t *testing.T) {
	cfg := indexer.Config{Addresses: []string{"http://127.0.0.1:1"}}
	cfg.SetDefaults()
	x, err := indexer.New(cfg, testenv.System(t), slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	_, err = history.NewReader(x, "shop").Search(t.Context(), history.Query{}, history.Options{})
	if err == nil || !strings.Contains(err.Error(), "searching the trail") {
		t.Errorf("got %v", err)
	}
}

// answer is a Searcher that has one thing to say; real servers do not break on demand.
type answer string

func (a answer) Search(context.Context, string, []byte) ([]byte, error) { return []byte(a), nil }

func TestBrokenAnswersAreErrors(t *testing.T) {
	broken, err := json.Marshal(map[string]any{"hits": map[string]any{"hits": []any{map[string]any{"_id": "x", "_source": map[string]any{"@timestamp": 5}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"no JSON": "<html>", "some shards failed": `{"_shards":{"failed":1},"hits":{}}`, "timed out": `{"timed_out":true}`, "no document": string(broken),
	} {
		if p, err := history.NewReader(answer(text), "shop").Search(t.Context(), history.Query{}, history.Options{}); err == nil {
			t.Errorf("%s: got %+v", name, p)
		}
	}
}
