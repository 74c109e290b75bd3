package document

import (
	"time"

	"github.com/waltrail/waltrail/change"
)

// Version is the schema version, trail.v.
const Version = 1

// Type is trail.change.type, what happened to the item.
type Type string

// The change types of schema 1.
const (
	Created     Type = "created"
	Changed     Type = "changed"
	Deleted     Type = "deleted"
	SoftDeleted Type = "soft_deleted"
	Archived    Type = "archived"
	Restored    Type = "restored"
	Reverted    Type = "reverted"
	Truncated   Type = "truncated"
	Snapshot    Type = "snapshot"
	EventLogged Type = "event"
	Email       Type = "email"
	Access      Type = "access"
	Schema      Type = "schema"
	Gap         Type = "gap"
)

// Change is one entity item change. Optional parts that are zero are absent
// from its JSON. Parts marked fact are made from the write-ahead log alone and
// covered by Event.Hash; the others are enrichment.
type Change struct {
	// Timestamp is the commit time, in microseconds (fact).
	Timestamp time.Time `json:"@timestamp"`
	// Message is the change in one sentence for a person, masked values masked.
	Message string  `json:"message,omitzero"`
	Event   Event   `json:"event"`
	User    User    `json:"user,omitzero"`
	Client  Client  `json:"client,omitzero"`
	HTTP    HTTP    `json:"http,omitzero"`
	Service Service `json:"service,omitzero"`
	Trace   Trace   `json:"trace,omitzero"`
	// Labels is a JSON object with what a foreign context carried beyond the known names (fact).
	Labels RawJSON `json:"labels,omitzero"`
	Trail  Trail   `json:"trail"`

	// Index is the name of the index that the document belongs into, a
	// function of system, index group and commit time. It is not part of the JSON.
	Index string `json:"-"`
	// Position is the place in the log, as in Trail.Sequence; not part of the JSON.
	Position change.Position `json:"-"`
	// Sum is the SHA-256 of the facts, set by Encoder.Append.
	Sum [32]byte `json:"-"`
	// Body is the encoded document, set by Batch.Encode, owned by the batch.
	Body []byte `json:"-"`
}

// Event names and seals the change (fact).
type Event struct {
	// ID is the document's _id and the base of Nats-Msg-Id:
	// <source>-<commit LSN>-<change LSN>-<n>.
	ID     string `json:"id"`
	Action string `json:"action"`
	Reason string `json:"reason,omitzero"`
	// Hash is the SHA-256 of the canonical JSON (RFC 8785) of the facts, in hexadecimal.
	Hash string `json:"hash"`
}

// User is who made the change (fact).
type User struct {
	ID    string   `json:"id,omitzero"`
	Name  string   `json:"name,omitzero"`
	Email string   `json:"email,omitzero"`
	Roles []string `json:"roles,omitempty"`
	// Effective is the user on whose behalf it was made, nil when the same.
	Effective *User `json:"effective,omitempty"`
}

// Client is where the request came from (fact).
type Client struct {
	IP string `json:"ip,omitzero"`
}

// HTTP is the request that made the change (fact).
type HTTP struct {
	Request Request `json:"request,omitzero"`
}

// Request is an HTTP request (fact).
type Request struct {
	ID string `json:"id,omitzero"`
}

// Service is the application that made the change (fact).
type Service struct {
	Name string `json:"name,omitzero"`
}

// Trace is the distributed trace that the change belongs to (fact).
type Trace struct {
	ID string `json:"id,omitzero"`
}

// Trail holds what has no name in the Elastic Common Schema.
type Trail struct {
	V int `json:"v"`
	// Sequence is the total order, compares as a string (fact).
	Sequence  string    `json:"sequence"`
	Origin    Origin    `json:"origin,omitzero"`
	Entity    Entity    `json:"entity"`
	Item      Item      `json:"item"`
	Root      Ref       `json:"root,omitzero"`
	Ancestors []Ref     `json:"ancestors,omitempty"`
	Container Container `json:"container,omitzero"`
	Change    Detail    `json:"change"`
	Status    Status    `json:"status,omitzero"`
	Fields    []Field   `json:"fields,omitempty"`
	Email     Mail      `json:"email,omitzero"`
	Data      RawJSON   `json:"data,omitzero"`
	Revert    Revert    `json:"revert,omitzero"`
	Gap       GapRange  `json:"gap,omitzero"`
	Snapshot  Row       `json:"snapshot,omitempty"`
	Tx        Tx        `json:"tx"`
	// Reconciled marks a document that the watchdog made (fact).
	Reconciled bool `json:"reconciled,omitzero"`
	// Terms are the search tokens made from Fields; see package history.
	Terms []string `json:"terms,omitempty"`
}

// Origin is the channel that the change came through (fact).
type Origin struct {
	Interface string `json:"interface,omitzero"`
	Name      string `json:"name,omitzero"`
	Run       Run    `json:"run,omitzero"`
	// Source says how the context was learnt: message, setting, column, database or none.
	Source string `json:"source,omitzero"`
	// Verified says whether the context's signature was checked.
	Verified bool `json:"verified,omitzero"`
	DB       DB   `json:"db,omitzero"`
}

// Run is the API call or cron run that the change was part of (fact).
type Run struct {
	Type string `json:"type,omitzero"`
	ID   string `json:"id,omitzero"`
	URL  string `json:"url,omitzero"`
}

// DB is the database session that made the change (fact).
type DB struct {
	Role        string `json:"role,omitzero"`
	Application string `json:"application,omitzero"`
}

// Entity is the kind of item (fact).
type Entity struct {
	Name  string `json:"name"`
	Table string `json:"table,omitzero"`
}

// Item is the row that changed.
type Item struct {
	// UID is entity:id (fact).
	UID string `json:"uid"`
	// ID is the primary key; the parts of a composite key are joined (fact).
	ID string `json:"id"`
	// Key is the full primary key (fact).
	Key Row `json:"key,omitempty"`
	// Identifier and Label are the business identifier and title as of then.
	Identifier string `json:"identifier,omitzero"`
	Label      string `json:"label,omitzero"`
}

// Ref points at another item.
type Ref struct {
	UID   string `json:"uid,omitzero"`
	Label string `json:"label,omitzero"`
}

// Container is what the item lies in, for example a catalog of kind master.
type Container struct {
	Type  string `json:"type,omitzero"`
	ID    string `json:"id,omitzero"`
	Kind  string `json:"kind,omitzero"`
	Label string `json:"label,omitzero"`
}

// Detail is what happened (fact).
type Detail struct {
	Type Type `json:"type"`
	// Fields are the unqualified names of what changed, Paths the qualified
	// ones where they differ.
	Fields          []string `json:"fields,omitempty"`
	Paths           []string `json:"paths,omitempty"`
	Title           string   `json:"title,omitzero"`
	DescriptionHTML string   `json:"description_html,omitzero"`
	Comment         string   `json:"comment,omitzero"`
	Truncated       bool     `json:"truncated,omitzero"`
	Masked          bool     `json:"masked,omitzero"`
}

// Status is a step of the item's lifecycle, in codes (fact).
type Status struct {
	Field string `json:"field,omitzero"`
	From  string `json:"from,omitzero"`
	To    string `json:"to,omitzero"`
}

// Mail is a mail and what became of it (fact).
type Mail struct {
	MessageID string `json:"message_id,omitzero"`
	Subject   string `json:"subject,omitzero"`
	To        string `json:"to,omitzero"`
	Status    string `json:"status,omitzero"`
}

// Revert links a revert to the change that it takes back (fact).
type Revert struct {
	Of    string `json:"of,omitzero"`
	Scope string `json:"scope,omitzero"`
}

// GapRange is a stretch of log that the trail does not cover (fact).
type GapRange struct {
	From  string `json:"from,omitzero"`
	To    string `json:"to,omitzero"`
	Cause string `json:"cause,omitzero"`
}

// Tx is the transaction, and the numbers that Trail.Sequence is made of (fact).
type Tx struct {
	ID        uint64     `json:"id"`
	CommitLSN change.LSN `json:"commit_lsn"`
	ChangeLSN change.LSN `json:"change_lsn"`
	N         uint16     `json:"n"`
	Timeline  uint32     `json:"timeline"`
}
