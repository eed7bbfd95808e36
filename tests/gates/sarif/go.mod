// The module has the schema of SARIF 2.1.0 in it, which test_reports.py validates against.
module penstock/tests/sarif

go 1.24

require github.com/owenrumney/go-sarif/v3 v3.3.1
