import PackGraph
import Testing

@Suite struct ValueMapTests {
    /// What is written, changed and removed in any order is what a dictionary would hold.
    @Test(arguments: 1...20) func actsAsADictionary(seed: Int) {
        var state = UInt64(seed)
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var map: ValueMap<[Int]> = [:]
        var dictionary: [String: [Int]] = [:]
        for _ in 0..<2000 {
            let name = String(repeating: "layer.", count: next(6)) + "\(next(40))"
            switch next(4) {
            case 0:
                #expect(map.removeValue(forKey: name) == dictionary.removeValue(forKey: name))
            case 1:
                map[name, default: []].append(seed)
                dictionary[name, default: []].append(seed)
            case 2:
                #expect(map.updateValue([next(9)], forKey: name) == dictionary[name])
                dictionary[name] = map[name]
            default:
                map[name] = next(3) == 0 ? nil : [1]
                dictionary[name] = map[name]
            }
            #expect(map[name] == dictionary[name] && map.contains(name) == (dictionary[name] != nil))
        }
        #expect(map.count == dictionary.count && map.keys.sorted() == dictionary.keys.sorted())
        for (name, value) in dictionary { #expect(map[name] == value) }
        let even = map.filter { $0.value.count % 2 == 0 }
        #expect(even.count == dictionary.count { $0.value.count % 2 == 0 })
        #expect(even.allSatisfy { map[$0.key] == $0.value })
    }

    /// Names of which one begins the other, with and without zeros at the end, are different ones.
    @Test func tellsNamesApart() {
        let zeros = (0..<40).map { String(repeating: "\0", count: $0) }
        let names = zeros + (1..<40).map { String(repeating: "a", count: $0) }
        let set = ValueMap(names)
        #expect(set.count == names.count && names.allSatisfy(set.contains))
        #expect(!set.contains("b") && !set.contains("a\0"))
    }

    @Test func mergesAndCompares() {
        var map: ValueMap<Int> = ["a": 1, "b": 2]
        let other: ValueMap<Int> = ["b": 3, "c": 4]
        map.merge(other) { $0 * 10 + $1 }
        #expect(map == ["c": 4, "b": 23, "a": 1] && map != ["a": 1, "b": 23] && map != ["a": 1, "b": 23, "d": 4])
        map.updateValues { $0 += 1 }
        #expect(map.values.sorted() == [2, 5, 24] && Array(map.keys) == ["a", "b", "c"])
    }
}
