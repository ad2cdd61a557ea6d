/// Unicode's full case mappings, whatever the locale and whatever stands around a scalar.
enum CaseMapping {
    /// A scalar that changes and up to three that it becomes, −1 behind them; in the order of the scalars.
    static func table(upper: Bool) -> [[Int]] {
        (0...0x1_FFFF).compactMap { value in
            guard let scalar = Unicode.Scalar(UInt32(value)) else { return nil }
            let mapped = mapping(scalar, upper).map { Int($0.value) }
            guard mapped != [value], !mapped.isEmpty, mapped.count <= 3 else { return nil }
            return [value] + mapped + [Int](repeating: -1, count: 3 - mapped.count)
        }
    }

    /// A text in the other case. Bytes that are not UTF-8 are replaced.
    static func map(_ text: [UInt8], upper: Bool) -> [UInt8] {
        String(decoding: text, as: UTF8.self).unicodeScalars.flatMap { scalar in
            mapping(scalar, upper).flatMap { Array(UTF8.encode($0) ?? UTF8.encodedReplacementCharacter) }
        }
    }

    private static func mapping(_ scalar: Unicode.Scalar, _ upper: Bool) -> [Unicode.Scalar] {
        Array((upper ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping).unicodeScalars)
    }
}
