# Reads the lines of main.c, from one machine or several, and compares digests: one a family for all variants, where it has
# one, and one for all but the portable. Cuts "pack_FAMILY_ISA" to FAMILY. NAME is for messages.
function compare(what, value) {
    if (value == "0000000000000000") return
    if ((family, what) in seen && seen[family, what] != value) {
        print NAME ": " $1 " differs in bits"
        bad = 1
    }
    seen[family, what] = value
    count++
}
/ digest / {
    family = $1
    sub(/^pack_/, "", family)
    sub(/_[a-z0-9]*$/, "", family)
    compare("all", $5)
    compare("fused", $7)
}
END {
    print NAME ": " count " digests agree"
    exit bad || count == 0
}
