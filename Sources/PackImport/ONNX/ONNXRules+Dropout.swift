import PackCore
import PackGraph

extension ONNXRules {
    /// Elements that a training Dropout with a seed may have.
    private static let drawLimit = 1 << 20

    /// Without training, Dropout passes its input on, and its mask keeps everything. With training it is computed where
    /// the model gives the seed, which makes the answer depend on the inputs alone.
    @Sendable static func dropout(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        if let mode = operation.input(2) {
            let ratio = operation.input(1)
            guard let trains = importer.number(mode) else {
                throw ONNXRefusal(
                    .unsupportedUse, found: "training_mode '\(mode)' that is no constant", expected: "false",
                    unknown: [.value(mode)])
            }
            // A ratio of 0 drops nothing in training either.
            let isKept = ratio.flatMap { importer.constant($0)?.scalarFloat } == 0
            if trains != 0, !isKept { return try drop(&importer, operation) }
        }
        if let output = operation.output(0) { importer.emit("Identity", operation, [input], outputs: [output]) }
        guard let mask = operation.output(1), importer.used.contains(mask) || operation.isInner else { return }
        let shape = importer.helper("Shape", operation, [input])
        let ones = importer.helper("ConstantOfShape", operation, [shape], ["value": .int(1)])
        let dtype = operation.version >= 10 ? .bool : importer.graph.types[input]?.dtype ?? .f32
        importer.emit(
            "Cast", operation, [ones], ["to": .dtype(dtype)], outputs: [mask], name: "\(operation.name)/mask")
    }

    /// Elements whose number (0 to 1, of the seed) is at least the ratio are kept and made larger by 1 / (1 − ratio).
    private static func drop(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        guard operation.attributes["seed"] != nil else {
            let ratio = operation.input(1).flatMap { importer.constant($0) == nil ? $0 : nil }
            throw ONNXRefusal(
                .training, found: "training_mode true without a seed", expected: "false",
                unknown: ratio.map { [.value($0)] } ?? [])
        }
        let shape = try importer.shape(input)
        guard let type = importer.graph.types[input], let extents = type.constantShape, let count = type.elementCount,
            count <= drawLimit
        else {
            throw ONNXRefusal(
                .unsupportedUse, found: "training_mode true for \(shape)",
                expected: "known extents of at most \(drawLimit) elements", unknown: [.shape(input)])
        }
        var generator = MersenneTwister(seed: UInt32(truncatingIfNeeded: try operation.int("seed", default: 0)))
        let draws = (0..<count).map { _ in generator.fraction() }
        let numbers = importer.doubles(draws, shape: extents, operation)
        let given = operation.input(1) ?? importer.scalar(0.5, like: input, operation)
        let ratio = importer.helper(
            "Reshape", operation, [importer.cast(given, to: .f64, operation), importer.integers([])])
        let kept = importer.helper("GreaterOrEqual", operation, [numbers, ratio])
        let one = importer.doubles([1], shape: [], operation)
        let rest = importer.helper("Sub", operation, [one, ratio])
        let factor = importer.helper("Reciprocal", operation, [rest])
        let scaled = importer.helper(
            "Mul", operation, [input, importer.cast(factor, to: type.dtype, operation)])
        let zero = importer.scalar(0, like: input, operation)
        importer.give(importer.helper("Where", operation, [kept, scaled, zero]), as: 0, of: operation)
        importer.give(kept, as: 1, of: operation)
    }
}

/// The generator MT19937 (Matsumoto and Nishimura 1998) with the fractions of 53 bits that NumPy's RandomState gives.
struct MersenneTwister {
    private var state: [UInt32]
    private var place = 624

    init(seed: UInt32) {
        state = [seed]
        for index in 1..<624 {
            let last = state[index - 1]
            state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
        }
    }

    /// A number from 0 to below 1.
    mutating func fraction() -> Double {
        let high = next() >> 5
        let low = next() >> 6
        return (Double(high) * 67_108_864 + Double(low)) / 9_007_199_254_740_992
    }

    private mutating func next() -> UInt32 {
        if place == 624 { refill() }
        var value = state[place]
        place += 1
        value ^= value >> 11
        value ^= value << 7 & 0x9d2c_5680
        value ^= value << 15 & 0xefc6_0000
        return value ^ value >> 18
    }

    private mutating func refill() {
        for index in 0..<624 {
            let pair = state[index] & 0x8000_0000 | state[(index + 1) % 624] & 0x7fff_ffff
            state[index] = state[(index + 397) % 624] ^ pair >> 1 ^ (pair & 1 == 0 ? 0 : 0x9908_b0df)
        }
        place = 0
    }
}
