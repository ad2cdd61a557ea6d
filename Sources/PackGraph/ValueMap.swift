/// What is known of values, by their names.
///
/// A dictionary that is made for the names of a graph's values, which are looked up many times each: it hashes their bytes, a
/// word at a time, and holds the entries side by side. Names are the same if their bytes are. Entries stand in the order in which
/// they were added, unless some were removed.
public struct ValueMap<Value> {
    /// A name and what is known of it.
    public typealias Element = (key: String, value: Value)

    @usableFromInline
    struct Entry {
        @usableFromInline let key: String
        @usableFromInline let hash: UInt64
        @usableFromInline var value: Value

        @inlinable
        init(key: String, hash: UInt64, value: Value) { (self.key, self.hash, self.value) = (key, hash, value) }
    }

    /// For each hash, modulo the number of places, or the next free place: the number of an entry and one; 0 where none is.
    /// A power of two, at least a third of them free.
    @usableFromInline var places: [UInt32] = []
    @usableFromInline var entries: [Entry] = []

    /// An empty map.
    @inlinable
    public init() {}

    /// How many names are known.
    @inlinable public var count: Int { entries.count }

    /// Whether none is.
    @inlinable public var isEmpty: Bool { entries.isEmpty }

    /// What is known of a name; `nil` removes it.
    @inlinable
    public subscript(key: String) -> Value? {
        get {
            guard let index = index(of: key, valueHash(key)) else { return nil }
            return entries[index].value
        }
        set {
            if let newValue { updateValue(newValue, forKey: key) } else { removeValue(forKey: key) }
        }
    }

    /// What is known of a name, which is added when something is written.
    @inlinable
    public subscript(key: String, default standard: @autoclosure () -> Value) -> Value {
        get { self[key] ?? standard() }
        _modify {
            let hash = valueHash(key)
            let index = index(of: key, hash) ?? append(key, hash, standard())
            yield &entries[index].value
        }
    }

    /// Whether a name is known.
    @inlinable
    public func contains(_ key: String) -> Bool { index(of: key, valueHash(key)) != nil }

    /// Writes what is known of a name and answers what was.
    @inlinable @discardableResult
    public mutating func updateValue(_ value: Value, forKey key: String) -> Value? {
        let hash = valueHash(key)
        guard let index = index(of: key, hash) else {
            append(key, hash, value)
            return nil
        }
        let old = entries[index].value
        entries[index].value = value
        return old
    }

    /// Forgets a name and answers what was known. The last entry takes its place.
    @inlinable @discardableResult
    public mutating func removeValue(forKey key: String) -> Value? {
        guard let place = place(of: key, valueHash(key)) else { return nil }
        let (index, last) = (Int(places[place]) - 1, entries.count - 1)
        if index != last {
            if let other = self.place(of: entries[last].key, entries[last].hash) { places[other] = UInt32(index + 1) }
            entries.swapAt(index, last)
        }
        let value = entries.removeLast().value
        free(place)
        return value
    }

    /// Makes room for so many names.
    @inlinable
    public mutating func reserveCapacity(_ count: Int) {
        entries.reserveCapacity(count)
        if places.count * 2 < count * 3 { spread(over: count) }
    }

    // MARK: Places

    /// The place of the entry of a name.
    @inlinable
    func place(of key: String, _ hash: UInt64) -> Int? {
        guard !places.isEmpty else { return nil }
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let number = Int(places[place])
            if number == 0 { return nil }
            if entries[number - 1].hash == hash, entries[number - 1].key == key { return place }
            place = (place + 1) & mask
        }
    }

    @inlinable
    func index(of key: String, _ hash: UInt64) -> Int? {
        place(of: key, hash).map { Int(places[$0]) - 1 }
    }

    @inlinable @discardableResult
    mutating func append(_ key: String, _ hash: UInt64, _ value: Value) -> Int {
        entries.append(Entry(key: key, hash: hash, value: value))
        if places.count * 2 < entries.count * 3 { spread(over: entries.count) } else { settle(entries.count - 1) }
        return entries.count - 1
    }

    /// Puts an entry into the first free place.
    @inlinable
    mutating func settle(_ index: Int) {
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: entries[index].hash) & mask
        while places[place] != 0 { place = (place + 1) & mask }
        places[place] = UInt32(index + 1)
    }

    /// Twice as many places as names, or more, and all entries in theirs.
    @inlinable
    mutating func spread(over count: Int) {
        var size = 8
        while size < 2 * count { size *= 2 }
        places = Array(repeating: 0, count: size)
        for index in entries.indices { settle(index) }
    }

    /// Frees a place; entries behind it that were pushed on move up.
    @inlinable
    mutating func free(_ place: Int) {
        let mask = places.count - 1
        var (hole, next) = (place, (place + 1) & mask)
        while places[next] != 0 {
            let home = Int(truncatingIfNeeded: entries[Int(places[next]) - 1].hash) & mask
            if (next - home) & mask >= (next - hole) & mask {
                places[hole] = places[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        places[hole] = 0
    }
}

extension ValueMap: Sendable where Value: Sendable {}
extension ValueMap.Entry: Sendable where Value: Sendable {}

extension ValueMap: Sequence, ExpressibleByDictionaryLiteral {
    /// A map of different names.
    @inlinable
    public init(dictionaryLiteral elements: (String, Value)...) {
        for (key, value) in elements { self[key] = value }
    }

    /// The names with what is known of them.
    @inlinable
    public func makeIterator() -> some IteratorProtocol<Element> {
        entries.lazy.map { (key: $0.key, value: $0.value) }.makeIterator()
    }

    /// The names.
    @inlinable public var keys: some RandomAccessCollection<String> { entries.lazy.map(\.key) }

    /// What is known, one a name.
    @inlinable public var values: some RandomAccessCollection<Value> { entries.lazy.map(\.value) }

    /// The entries that suit.
    @inlinable
    public func filter(_ isKept: (Element) -> Bool) -> ValueMap {
        var kept = ValueMap()
        for entry in entries where isKept((entry.key, entry.value)) { kept.append(entry.key, entry.hash, entry.value) }
        return kept
    }

    /// Adds what another map knows; `combine` settles what both know.
    @inlinable
    public mutating func merge(_ other: some Sequence<Element>, uniquingKeysWith combine: (Value, Value) -> Value) {
        for (key, value) in other { self[key] = self[key].map { combine($0, value) } ?? value }
    }

    /// Changes what is known of every name.
    @inlinable
    public mutating func updateValues(_ change: (inout Value) -> Void) {
        for index in entries.indices { change(&entries[index].value) }
    }
}

extension ValueMap where Value == Void {
    /// Names alone.
    @inlinable
    public init(_ names: some Sequence<String>) { insert(contentsOf: names) }

    /// Adds a name, if it is new.
    @inlinable
    public mutating func insert(_ name: String) { updateValue((), forKey: name) }

    /// Adds names.
    @inlinable
    public mutating func insert(contentsOf names: some Sequence<String>) { for name in names { insert(name) } }
}

extension ValueMap: Equatable where Value: Equatable {
    /// Whether both know the same of the same names.
    public static func == (left: ValueMap, right: ValueMap) -> Bool {
        left.count == right.count && left.entries.allSatisfy { right[$0.key] == $0.value }
    }
}

/// Differs from process to process, so that nobody can make names whose hashes meet.
private let seed = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))

/// A hash of a name's bytes.
@usableFromInline
func valueHash(_ name: String) -> UInt64 {
    if let hash = name.utf8.withContiguousStorageIfAvailable({ valueHash(UnsafeRawBufferPointer($0)) }) { return hash }
    var name = name
    return name.withUTF8 { valueHash(UnsafeRawBufferPointer($0)) }
}

private func valueHash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = seed.0 ^ UInt64(bytes.count)
    var last: UInt64 = 0
    if bytes.count < 8 {
        for byte in bytes { last = last << 8 | UInt64(byte) }
    } else {
        // The last word may share bytes with the one before.
        var start = 0
        while start + 8 < bytes.count {
            hash = mixed(hash ^ bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
            start += 8
        }
        last = bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
    }
    return mixed(mixed(hash ^ last) ^ seed.1)
}

/// Every bit of a number spread over the others.
private func mixed(_ value: UInt64) -> UInt64 {
    let (high, low) = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return high ^ low
}
