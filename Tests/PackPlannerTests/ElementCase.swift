import PackCore
import PackGraph

/// An operator, what it gets and what comes out.
struct ElementCase: Sendable, CustomStringConvertible {
    let op: String
    var inputs: [TensorValue?]
    var attributes: [String: Attribute] = [:]
    let expected: [TensorValue]

    init(
        _ op: String, _ inputs: [TensorValue?], _ attributes: [String: Attribute] = [:], gives expected: TensorValue...
    ) {
        self.op = op
        self.inputs = inputs
        self.attributes = attributes
        self.expected = expected
    }

    var description: String { "\(op) \(inputs.compactMap { $0?.dtype.name })" }
}

extension ElementCase {
    private static let matrix = TensorValue(.f32, [2, 3], [1, -2, 3, 4, 5, -6])

    /// Element by element. Values follow from the operators' definitions.
    static let elementwise: [ElementCase] = [
        ElementCase("Add", [.list(.u8, 250, 1), .list(.u8, 10, 2)], gives: .list(.u8, 4, 3)),
        ElementCase("Sub", [.list(.i16, -32768, 5), .scalar(.i16, 1)], gives: .list(.i16, 32767, 4)),
        ElementCase("Mul", [.list(.f16, 0.5, 3), .list(.f16, 3, 0.25)], gives: .list(.f16, 1.5, 0.75)),
        ElementCase("Div", [.list(.i32, -7, 7, 1), .list(.i32, 2, 2, 0)], gives: .list(.i32, -3, 3, 0)),
        ElementCase("Div", [.list(.f64, 1, -1), .list(.f64, 3, 0)], gives: .list(.f64, 1.0 / 3, -.infinity)),
        ElementCase("Mod", [.list(.i8, -4, 7, 5), .list(.i8, 3, -3, 0)], gives: .list(.i8, 2, -2, 0)),
        ElementCase("Mod", [.list(.f32, -4.5), .list(.f32, 2)], ["fmod": .int(1)], gives: .list(.f32, -0.5)),
        ElementCase("Pow", [.list(.i32, 2, -3), .list(.f32, 0.5, 3)], gives: .list(.i32, 1, -27)),
        ElementCase("Pow", [.list(.f64, 2, 9), .list(.i64, -1, 0)], gives: .list(.f64, 0.5, 1)),
        ElementCase("Less", [.list(.u64, 0, 1), .list(.u64, 1, 1)], gives: .list(.bool, 1, 0)),
        ElementCase("GreaterOrEqual", [.list(.bf16, 1, -1), .scalar(.bf16, 0)], gives: .list(.bool, 1, 0)),
        ElementCase("Equal", [.list(.bool, 1, 0), .list(.bool, 1, 1)], gives: .list(.bool, 1, 0)),
        ElementCase("Xor", [.list(.bool, 1, 0), .list(.bool, 1, 1)], gives: .list(.bool, 0, 1)),
        ElementCase("BitwiseAnd", [.list(.i32, -2, 12), .list(.i32, 7, 10)], gives: .list(.i32, 6, 8)),
        ElementCase(
            "BitShift", [.list(.u8, 129, 4), .list(.u8, 1, 9)], ["direction": .string("LEFT")], gives: .list(.u8, 2, 0)),
        ElementCase("Max", [.list(.i8, -3, 4), .list(.i8, 2, 1), .scalar(.i8, 3)], gives: .list(.i8, 3, 4)),
        ElementCase(
            "Mean", [.list(.f32, 1, 2), .list(.f32, 3, 7), .scalar(.f32, 2)], gives: .list(.f32, 2, 11.0 / 3)),
        ElementCase("Clip", [.list(.i32, -9, 2, 9), .scalar(.i32, -3), nil], gives: .list(.i32, -3, 2, 9)),
        ElementCase("Sign", [.list(.f16, -2, 0, 3)], gives: .list(.f16, -1, 0, 1)),
        ElementCase("Round", [.list(.f32, 0.5, 1.5, -2.5, 2.4)], gives: .list(.f32, 0, 2, -2, 2)),
        ElementCase(
            "IsInf", [.list(.f32, -.infinity, 1, .infinity)], ["detect_positive": .int(0)],
            gives: .list(.bool, 1, 0, 0)),
        ElementCase("IsNaN", [.list(.f64, .nan, 1)], gives: .list(.bool, 1, 0)),
        ElementCase("HardSwish", [.list(.f32, -4, 0, 1, 4)], gives: .list(.f32, 0, 0, 2.0 / 3, 4)),
        ElementCase("Elu", [.list(.f32, -1, 2)], ["alpha": .float(2)], gives: .list(.f32, 2 * (0.36787944117 - 1), 2)),
        ElementCase("Erf", [.list(.f64, 0.5, -2, 7)], gives: .list(.f64, 0.5204998778, -0.9953222650, 1)),
        ElementCase("Softplus", [.list(.f32, 0, 100)], gives: .list(.f32, 0.69314718056, 100)),
        ElementCase("Cast", [.list(.f32, -1.9, 2.5, .nan)], ["to": .dtype(.i32)], gives: .list(.i32, -1, 2, 0)),
        ElementCase("Cast", [.list(.i32, 257, -1)], ["to": .dtype(.u8)], gives: .list(.u8, 1, 255)),
        ElementCase("Cast", [.list(.f64, 65519, 65520)], ["to": .dtype(.f16)], gives: .list(.f16, 65504, .infinity)),
        // The first is above the middle of two bf16 numbers by less than f32 tells.
        ElementCase(
            "Cast", [.list(.f64, 1.00390625 + 0x1p-40, 1.00390625)], ["to": .dtype(.bf16)],
            gives: .list(.bf16, 1.0078125, 1)),
        ElementCase(
            "BitCast", [.list(.f32, 1, -2)], ["to": .dtype(.u32)], gives: .list(.u32, 1_065_353_216, 3_221_225_472)),
        ElementCase(
            "Where", [TensorValue(.bool, [2, 1], [1, 0]), .list(.u16, 1, 2), .scalar(.u16, 9)],
            gives: TensorValue(.u16, [2, 2], [1, 2, 9, 9])),
    ]

    /// Along axes.
    static let reductions: [ElementCase] = [
        ElementCase("ReduceSum", [matrix, .list(.i64, 0)], ["keepdims": .int(0)], gives: .list(.f32, 5, 3, -3)),
        ElementCase("ReduceMax", [matrix, .list(.i64, -1)], gives: TensorValue(.f32, [2, 1], [3, 5])),
        ElementCase(
            "ReduceMin", [TensorValue(.u64, [2, 2], [1, 1.5e19, 3, 1.6e19])], ["keepdims": .int(0)],
            gives: .scalar(.u64, 1)),
        ElementCase(
            "ReduceProd", [TensorValue(.i32, [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]), .list(.i64, 0, 2)],
            ["keepdims": .int(0)], gives: .list(.i32, 60, 672)),
        ElementCase(
            "ReduceLogSumExp", [TensorValue(.f64, [1, 2], [1000, 1000])], ["keepdims": .int(0)],
            gives: .scalar(.f64, 1000.6931471805599)),
        ElementCase(
            "ReduceL1", [matrix, .list(.i64)], ["noop_with_empty_axes": .int(0), "keepdims": .int(0)],
            gives: .scalar(.f32, 21)),
        ElementCase("ArgMax", [matrix], ["axis": .int(1), "keepdims": .int(0)], gives: .list(.i64, 2, 1)),
        ElementCase(
            "ArgMin", [TensorValue(.i8, [1, 3], [2, 1, 1])], ["axis": .int(-1), "select_last_index": .int(1)],
            gives: TensorValue(.i64, [1, 1], [2])),
        ElementCase(
            "CumSum", [matrix, .scalar(.i32, 1)], ["exclusive": .int(1), "reverse": .int(1)],
            gives: TensorValue(.f32, [2, 3], [1, 3, 0, -1, -6, 0])),
        ElementCase("Hardmax", [matrix], ["axis": .int(0)], gives: TensorValue(.f32, [2, 3], [0, 0, 1, 1, 1, 0])),
        // Each step rounded to f16, as by NumPy; rounded once, all three differ.
        ElementCase(
            "Softmax", [.list(.f16, 2.59375, -1.5, 3.375)],
            gives: .list(.f16, 0.312255859375, 0.005207061767578125, 0.68212890625)),
        ElementCase(
            "Softmax", [TensorValue(.f64, [2, 1], [0, 0])], ["axis": .int(0)],
            gives: TensorValue(.f64, [2, 1], [0.5, 0.5])),
    ]

    /// Picked, marked and moved.
    static let selections: [ElementCase] = [
        ElementCase(
            "Gather", [matrix, .list(.i32, -1, 0)], ["axis": .int(1)],
            gives: TensorValue(.f32, [2, 2], [3, 1, -6, 4])),
        ElementCase(
            "GatherElements", [matrix, TensorValue(.i64, [1, 2], [1, -2])], ["axis": .int(0)],
            gives: TensorValue(.f32, [1, 2], [4, -2])),
        ElementCase("GatherND", [matrix, TensorValue(.i64, [2, 2], [0, 2, -1, -1])], gives: .list(.f32, 3, -6)),
        ElementCase(
            "ScatterElements", [.list(.i32, 1, 2, 3), .list(.i64, -1, 0, 0), .list(.i32, 10, 20, 30)],
            ["reduction": .string("add")], gives: .list(.i32, 51, 2, 13)),
        ElementCase(
            "ScatterND",
            [
                TensorValue(.u8, [2, 2], [1, 2, 3, 4]), TensorValue(.i64, [1, 1], [1]),
                TensorValue(.u8, [1, 2], [8, 9]),
            ], gives: TensorValue(.u8, [2, 2], [1, 2, 8, 9])),
        ElementCase(
            "OneHot", [.list(.i64, 1, -1, 5), .scalar(.i64, 3), .list(.f16, 0.5, 2)],
            gives: TensorValue(.f16, [3, 3], [0.5, 2, 0.5, 0.5, 0.5, 2, 0.5, 0.5, 0.5])),
        ElementCase(
            "TopK", [matrix, .list(.i64, 2)], gives: TensorValue(.f32, [2, 2], [3, 1, 5, 4]),
            TensorValue(.i64, [2, 2], [2, 0, 1, 0])),
        ElementCase(
            "NonZero", [TensorValue(.bool, [2, 2], [0, 1, 1, 1])],
            gives: TensorValue(.i64, [2, 3], [0, 1, 1, 1, 0, 1])),
        ElementCase(
            "Unique", [.list(.i32, 5, 2, 5, 3)], ["sorted": .int(0)], gives: .list(.i32, 5, 2, 3),
            .list(.i64, 0, 1, 3), .list(.i64, 0, 1, 0, 2), .list(.i64, 2, 1, 1)),
        ElementCase(
            "Unique", [TensorValue(.f32, [3, 2], [2, 1, 1, 9, 2, 1])], ["axis": .int(0)],
            gives: TensorValue(.f32, [2, 2], [1, 9, 2, 1]), .list(.i64, 1, 0), .list(.i64, 1, 0, 1), .list(.i64, 1, 2)),
        ElementCase(
            "Compress", [matrix, .list(.bool, 0, 1)], ["axis": .int(1)], gives: TensorValue(.f32, [2, 1], [-2, 5])),
        // The second box covers most of the first, whose score is no number; the third is the highest, with its corners turned.
        ElementCase(
            "NonMaxSuppression",
            [
                TensorValue(.f32, [1, 3, 4], [0, 0, 2, 2, 0, 0, 2, 1.5, 5, 5, 4, 4]),
                TensorValue(.f32, [1, 2, 3], [.nan, 0.5, 0.5, 0.25, 0.125, 0.5]), .scalar(.i64, 9), .scalar(.f32, 0.5),
            ],
            gives: TensorValue(.i64, [4, 3], [0, 0, 1, 0, 0, 2, 0, 1, 2, 0, 1, 0])),
        ElementCase(
            "NonMaxSuppression", [TensorValue(.f32, [1, 1, 4], [0, 0, 1, 1]), TensorValue(.f32, [1, 1, 1], [1])],
            gives: TensorValue(.i64, [0, 3], [])),
        ElementCase(
            "ReverseSequence", [TensorValue(.i8, [3, 2], [1, 2, 3, 4, 5, 6]), .list(.i64, 2, 3)],
            gives: TensorValue(.i8, [3, 2], [3, 6, 1, 4, 5, 2])),
        ElementCase(
            "Trilu", [matrix, .scalar(.i64, 1)], ["upper": .int(1)],
            gives: TensorValue(.f32, [2, 3], [0, -2, 3, 0, 0, -6])),
        ElementCase(
            "EyeLike", [matrix], ["k": .int(-1), "dtype": .dtype(.f16)],
            gives: TensorValue(.f16, [2, 3], [0, 0, 0, 1, 0, 0])),
    ]

    /// Cut, stretched, reshaped and made.
    static let shapes: [ElementCase] = [
        ElementCase(
            "Slice", [matrix, .list(.i64, -1, 0), .list(.i64, -9, 2), .list(.i64, 1, 0), .list(.i64, -2, 1)],
            gives: TensorValue(.f32, [2, 2], [3, 1, -6, 4])),
        ElementCase(
            "Split", [matrix, .list(.i64, 1, 2)], ["axis": .int(1)], gives: TensorValue(.f32, [2, 1], [1, 4]),
            TensorValue(.f32, [2, 2], [-2, 3, 5, -6])),
        ElementCase("Reshape", [matrix, .list(.i64, 3, -1)], gives: TensorValue(.f32, [3, 2], matrix.numbers)),
        ElementCase(
            "Squeeze", [TensorValue(.i64, [1, 2, 1], [4, 5]), .list(.i64, 0)],
            gives: TensorValue(.i64, [2, 1], [4, 5])),
        ElementCase(
            "Unsqueeze", [.list(.bf16, 4, 5), .list(.i64, -1, 0)], gives: TensorValue(.bf16, [1, 2, 1], [4, 5])),
        ElementCase(
            "Expand", [.list(.u16, 4, 5), .list(.i64, 2, 1)], gives: TensorValue(.u16, [2, 2], [4, 5, 4, 5])),
        ElementCase("Tile", [.list(.f64, 4, 5), .list(.i64, 2)], gives: .list(.f64, 4, 5, 4, 5)),
        ElementCase("Pad", [.list(.i32, 1, 2, 3), .list(.i64, 1, -1), .scalar(.i32, 9)], gives: .list(.i32, 9, 1, 2)),
        ElementCase(
            "Pad", [.list(.i32, 1, 2, 3), .list(.i64, 2, 1)], ["mode": .string("reflect")],
            gives: .list(.i32, 3, 2, 1, 2, 3, 2)),
        ElementCase(
            "Range", [.scalar(.f32, 1), .scalar(.f32, 2.1), .scalar(.f32, 0.5)], gives: .list(.f32, 1, 1.5, 2)),
        ElementCase("Range", [.scalar(.i16, 5), .scalar(.i16, 0), .scalar(.i16, -2)], gives: .list(.i16, 5, 3, 1)),
        ElementCase(
            "ConstantOfShape", [.list(.i64, 2, 1)], ["value": .int(7)], gives: TensorValue(.i64, [2, 1], [7, 7])),
        ElementCase("Shape", [matrix], ["start": .int(-1)], gives: .list(.i64, 3)),
        ElementCase("Size", [matrix], gives: .scalar(.i64, 6)),
    ]

    /// Sums of products.
    static let products: [ElementCase] = [
        ElementCase("MatMul", [matrix, .list(.f32, 1, 1, 1)], gives: .list(.f32, 2, 3)),
        ElementCase(
            "MatMul", [TensorValue(.u32, [2, 1, 2], [1, 2, 3, 4]), TensorValue(.u32, [2, 1], [5, 6])],
            gives: TensorValue(.u32, [2, 1, 1], [17, 39])),
        ElementCase(
            "MatMul", [TensorValue(.f16, [1, 2], [1, 2]), TensorValue(.f16, [2, 1], [3, 4])],
            gives: TensorValue(.f16, [1, 1], [11])),
        ElementCase(
            "Gemm", [matrix, matrix, .list(.f32, 1, 2, 3)],
            ["transA": .int(1), "alpha": .float(0.5), "beta": .float(2)],
            gives: TensorValue(.f32, [3, 3], [10.5, 13, -4.5, 11, 18.5, -12, -8.5, -14, 28.5])),
        ElementCase(
            "MatMulInteger",
            [
                TensorValue(.u8, [1, 2], [255, 3]), TensorValue(.i8, [2, 1], [-128, 4]), .scalar(.u8, 1),
                .scalar(.i8, 2),
            ],
            gives: TensorValue(.i32, [1, 1], [-33016])),
        ElementCase(
            "Einsum", [TensorValue(.i64, [2, 2], [1, 2, 3, 4])], ["equation": .string("ii->i")],
            gives: .list(.i64, 1, 4)),
        ElementCase(
            "Einsum", [matrix, .list(.f32, 1, 2, 3)], ["equation": .string("...j,j->...")], gives: .list(.f32, 6, -4)),
        ElementCase("Det", [TensorValue(.f64, [2, 2], [1, 2, 3, 4])], gives: .scalar(.f64, -2)),
        ElementCase(
            "Inverse", [TensorValue(.f64, [1, 2, 2], [0, 2, 4, 1])],
            gives: TensorValue(.f64, [1, 2, 2], [-0.125, 0.25, 0.5, 0])),
        ElementCase(
            "Inverse", [TensorValue(.f32, [2, 1, 1], [4, 0])], gives: TensorValue(.f32, [2, 1, 1], [0.25, .infinity])),
    ]
}
