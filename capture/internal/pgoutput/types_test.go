package pgoutput

import (
	"strconv"
	"testing"

	"github.com/waltrail/waltrail/internal/testenv"
)

// TestTypeNames compares every built-in name, its array, and modifiers with
// what format_type of a real server says.
func TestTypeNames(t *testing.T) {
	pg := testenv.Postgres(t)
	mods := map[uint32][]int32{
		oidBPChar: {5, 14}, oidVarChar: {5, 24}, oidBit: {1, 8}, oidVarBit: {7},
		oidTime: {0, 3}, oidTimeTZ: {6}, oidTimestamp: {3}, oidTimestampTZ: {0},
		oidNumeric: {12<<16 | 2 + 4, 1000<<16 + 4},
	}
	if version, _ := strconv.Atoi(pg.Value(t, `SHOW server_version_num`)); version >= 150000 { // negative scales
		mods[oidNumeric] = append(mods[oidNumeric], 3<<16|0x7fd+4, 5<<16|0x400+4)
	}
	for _, fields := range []int32{4, 2, 8, 1024, 2048, 4096, 6, 1032, 3080, 7176, 3072, 7168, 6144, 0x7fff} {
		mods[oidInterval] = append(mods[oidInterval], fields<<16|0xffff, fields<<16|3)
	}
	for _, b := range builtins() {
		for _, mod := range append(mods[b.oid], -1) {
			for _, oid := range []uint32{b.oid, b.array} {
				want := pg.Value(t, `SELECT format_type($1::oid, $2::int4)`, oid, mod)
				if got, ok := TypeName(oid, mod); !ok || got != want {
					t.Errorf("type %d modifier %d: %q, want %q", oid, mod, got, want)
				}
			}
		}
	}
}

func TestTypeNameUnknown(t *testing.T) {
	for _, oid := range []uint32{0, 16384, 4294967295} {
		t.Run(strconv.Itoa(int(oid)), func(t *testing.T) {
			if name, ok := TypeName(oid, -1); ok {
				t.Errorf("got %q for a type that is not built in", name)
			}
		})
	}
}
