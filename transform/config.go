package transform

// DefaultMaxValue is the size in bytes above which a value is cut.
const DefaultMaxValue = 64 << 10

// Config is what a Transformer works by. It is not changed after New.
type Config struct {
	// System names the audited system in index names.
	System string
	// Entities maps the name of each entity to its table.
	Entities map[string]*Entity
	// MaxValue is the size in bytes above which a value is cut; 0 means DefaultMaxValue.
	MaxValue int
	// MaskKey is the secret of the hmac mask; required when a field uses it.
	MaskKey []byte
	// Functions are what Field.Transform may name: text in, text out, and an
	// error for a value that they do not understand. Errors are counted, never shown.
	Functions map[string]func(value string) (string, error)
}

func (c *Config) maxValue() int {
	if c.MaxValue <= 0 {
		return DefaultMaxValue
	}
	return c.MaxValue
}
