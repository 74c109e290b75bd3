package config

import (
	"reflect"

	"github.com/waltrail/waltrail/config/internal/strict"
)

// Schema returns the JSON Schema of the file, for editors: it completes keys,
// explains them and marks mistakes while one types. What it cannot say, such as whether a
// parent exists, Parse does.
func Schema() ([]byte, error) {
	return strict.Schema(reflect.TypeFor[Config](), "Waltrail configuration", keys())
}
