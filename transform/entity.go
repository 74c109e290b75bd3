package transform

// Entity configures one audited table. The zero value of everything but Table
// is a working default.
type Entity struct {
	// Table is schema.table; without a schema it is in public. A * stands for
	// any run of characters, for tables that are partitions of one thing.
	Table string `yaml:"table"`
	// Label is the entity's name for people; default: its configured name.
	Label string `yaml:"label"`
	// Identifier names the columns of the business identifier; default: the primary key.
	Identifier Strings `yaml:"identifier"`
	// Title names the columns of the label that is shown for an item.
	Title Strings `yaml:"title"`
	// Key names the columns that identify a row, for tables without a primary key.
	Key    Strings `yaml:"key"`
	Fields Fields  `yaml:"fields"`
	Status *Status `yaml:"status"`
	// SoftDelete and Archive mark columns whose change means more than a change.
	SoftDelete *Marker `yaml:"soft_delete"`
	Archive    *Marker `yaml:"archive"`
	// Actor names the column that holds the user, for changes without a context.
	Actor *Actor `yaml:"actor"`
	// IndexGroup is the unit of retention and of read permission; default "default".
	IndexGroup string `yaml:"index_group"`
	// Triggers says whether changes are published; nil means yes.
	Triggers *bool   `yaml:"triggers"`
	Parent   *Parent `yaml:"parent"`
	// Qualifiers name the columns whose values tell apart the fields of sibling
	// rows: price[currency=EUR].
	Qualifiers Strings    `yaml:"qualifiers"`
	Container  *Container `yaml:"container"`
}

// DefaultIndexGroup is the index group of entities that name none.
const DefaultIndexGroup = "default"

// Group returns the index group with its default applied.
func (e *Entity) Group() string {
	if e.IndexGroup == "" {
		return DefaultIndexGroup
	}
	return e.IndexGroup
}

// TriggersOn reports whether changes of the entity are published.
func (e *Entity) TriggersOn() bool { return e.Triggers == nil || *e.Triggers }

// Fields configures the columns: in YAML one mapping with the key skip and a
// key per column.
type Fields struct {
	// Skip names the columns that are never recorded.
	Skip Strings `yaml:"skip"`
	// Columns are all other keys.
	Columns map[string]Field `yaml:",inline"`
}

// Field configures one column.
type Field struct {
	Label string `yaml:"label"`
	// Sensitive masks the column (redact) unless Mask says otherwise.
	Sensitive bool `yaml:"sensitive"`
	// Mask is one of redact, last4, hmac and none.
	Mask string `yaml:"mask"`
	// Transform is an expression over value, or the name of a function of Config.Functions.
	Transform string `yaml:"transform"`
}

// Status configures the column that holds an item's lifecycle state.
type Status struct {
	Field  string                 `yaml:"field"`
	Values map[string]StatusValue `yaml:"values"`
}

// StatusValue is how one state is shown.
type StatusValue struct {
	Label string `yaml:"label"`
	// Color is a CSS colour, #rrggbb.
	Color string `yaml:"color"`
}

// Marker is a column that takes an item out of use: when it becomes Value, or
// when Value is nil, when it becomes anything but null.
type Marker struct {
	Field string `yaml:"field"`
	Value *Text  `yaml:"value"`
}

// Actor names the column with the id of the user who made the change.
type Actor struct {
	Column string `yaml:"column"`
}

// Parent says under which item's History the changes of this entity appear.
type Parent struct {
	Entity string `yaml:"entity"`
	// Key is the column here that holds the parent's primary key.
	Key string `yaml:"key"`
}

// Container says what the item lies in, for example a catalog.
type Container struct {
	Entity string `yaml:"entity"`
	Key    string `yaml:"key"`
	// KindColumn is a column of the row itself; a kind that only the
	// container's own row knows is not looked up.
	KindColumn string `yaml:"kind_column"`
}
