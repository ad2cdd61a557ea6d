/// A node of a decision tree as plans have it: 12 bytes with f32 values, 16 with f64. The two children of a node stand side by
/// side, the one for "true" first, behind their parent.
///
/// A node of zeros is a leaf without weights.
struct TreeNode<Value: BinaryFloatingPoint> {
    /// Bits 0-23: the feature to look at; of a leaf, how many weights it has. Bits 24-27: a `TreeTest`. Bit 28: whether a
    /// missing value counts as true.
    let split: UInt32
    /// The first child; of a leaf with one weight its target, of one with more weights the first of them.
    let child: UInt32
    /// What to compare with; of a leaf with one weight the weight; of a membership test the whole number of its set's first entry.
    let value: Value

    var feature: Int { Int(split & 0xff_ffff) }
    var test: UInt32 { split >> 24 & 15 }
    var missingIsTrue: Bool { split >> 28 & 1 != 0 }
}

/// What a leaf adds to a target, or an entry of a set; the first entry of a set has their count for a target.
struct TreeWeight<Value: BinaryFloatingPoint> {
    let target: UInt32
    let value: Value
}
