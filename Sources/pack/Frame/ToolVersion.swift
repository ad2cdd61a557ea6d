/// The version that `--version` prints and reports carry.
let toolVersion = "0.1.0"
