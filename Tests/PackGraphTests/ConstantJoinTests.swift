import PackGraph
import Testing

/// Constants that are joined when their bytes are asked for.
@Suite struct ConstantJoinTests {
    private func matrix(_ rows: Int, _ columns: Int, from first: UInt8) throws -> Constant {
        try Constant(.u8, [rows, columns], bytes: (0..<rows * columns).map { first + UInt8($0) })
    }

    @Test func anyRangeOfMatricesSideBySide() throws {
        let parts = [try matrix(3, 2, from: 0), try matrix(3, 1, from: 100), try matrix(3, 4, from: 200)]
        let whole = try Constant.sideBySide(parts)
        let expected: [UInt8] = [
            0, 1, 100, 200, 201, 202, 203, 2, 3, 101, 204, 205, 206, 207, 4, 5, 102, 208, 209, 210, 211,
        ]
        #expect(whole.shape == [3, 7])
        #expect(whole.withBytes { Array($0) } == expected)
        for start in 0...expected.count {
            for end in start...expected.count {
                #expect(whole.withBytes(in: start..<end) { Array($0) } == Array(expected[start..<end]))
            }
        }
    }

    @Test func onlyMatricesOfAsManyRowsLieSideBySide() throws {
        let matrix = try matrix(2, 2, from: 0)
        #expect(throws: GraphError.self) { try Constant.sideBySide([matrix, try self.matrix(3, 2, from: 0)]) }
        #expect(throws: GraphError.self) {
            try Constant.sideBySide([matrix, try Constant(.u8, [4], bytes: [1, 2, 3, 4])])
        }
        #expect(throws: GraphError.self) { try Constant.sideBySide([]) }
    }
}
