/// Numbers as people read them. No locale: a comma groups thousands, a point begins the fraction.
public enum NumberText {
    /// Bytes with three significant digits in decimal units: `91.6 MB`.
    public static func bytes(_ count: Int) -> String { scaled(Double(count), 1000, ["B", "KB", "MB", "GB", "TB"]) }

    /// Bytes with three significant digits in binary units: `250 MiB`.
    ///
    /// A whole number of MiB below 16 GiB that is not as exact in GiB stays in MiB: `3,008 MiB`.
    public static func binaryBytes(_ count: Int) -> String {
        let (mebibytes, rest) = count.quotientAndRemainder(dividingBy: 1 << 20)
        if rest == 0, mebibytes.magnitude > 1024, mebibytes % 1024 != 0, mebibytes.magnitude < 16 << 10 {
            return grouped(mebibytes) + " MiB"
        }
        return scaled(Double(count), 1024, ["B", "KiB", "MiB", "GiB", "TiB"])
    }

    /// All digits: `262,144,000 B`.
    public static func exactBytes(_ count: Int) -> String { grouped(count) + " B" }

    /// A count with three significant digits: `22.7 M`.
    public static func count(_ count: Int) -> String {
        count.magnitude < 10_000 ? grouped(count) : scaled(Double(count), 1000, ["", "K", "M", "G", "T"])
    }

    /// Seconds with three significant digits: `14 ms`, `1.2 s`, `15 min`.
    public static func seconds(_ seconds: Double) -> String {
        let size = abs(seconds)
        if size != 0, size < 1e-6 { return significant(seconds * 1e9) + " ns" }
        if size != 0, size < 1e-4 { return significant(seconds * 1e6) + " µs" }
        if size != 0, size < 1 { return significant(seconds * 1000) + " ms" }
        return size < 120 ? significant(seconds) + " s" : significant(seconds / 60) + " min"
    }

    /// A share as a percentage without a fraction, `<1 %` for what would read as none.
    public static func percent(_ share: Double) -> String {
        if share > 0, share < 0.01 { return "<1 %" }
        guard share.isFinite, abs(share) < 1e6 else { return "–" }
        return "\(Int((share * 100).rounded())) %"
    }

    /// All digits, grouped by commas.
    public static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude).utf8)
        var result: [UInt8] = number < 0 ? [UInt8(ascii: "-")] : []
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(UInt8(ascii: ",")) }
            result.append(digit)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Three significant digits, without trailing zeros in the fraction; whole numbers keep all their digits.
    public static func significant(_ number: Double) -> String {
        guard number.isFinite, number != 0 else { return number == 0 ? "0" : "–" }
        let size = abs(number)
        guard size < 1e15 else { return "\(number)" }
        if size >= 100 { return grouped(Int(number.rounded())) }
        var places = 1
        var scale = 10.0
        if size < 10 { (places, scale) = (2, 100) }
        while size * scale < 99.5, places < 12 {
            places += 1
            scale *= 10
        }
        return decimal(Int((number * scale).rounded()), places: places)
    }

    private static func decimal(_ number: Int, places: Int) -> String {
        var digits = String(number.magnitude)
        if digits.utf8.count <= places {
            digits = String(repeating: "0", count: places + 1 - digits.utf8.count) + digits
        }
        var fraction = String(digits.suffix(places))
        while fraction.hasSuffix("0") { fraction.removeLast() }
        let whole = (number < 0 ? "-" : "") + digits.dropLast(places)
        return fraction.isEmpty ? whole : whole + "." + fraction
    }

    private static func scaled(_ number: Double, _ step: Double, _ units: [String]) -> String {
        var number = number
        var index = 0
        // Rounding must not show 1000 of a unit that has a next one.
        while abs(number) >= step - 0.5, index < units.count - 1, abs(number) >= step * 0.9995 {
            number /= step
            index += 1
        }
        return units[index].isEmpty ? significant(number) : significant(number) + " " + units[index]
    }
}
