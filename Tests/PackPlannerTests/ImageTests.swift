import Foundation
import PackCore
import PackGraph
import PackRuntime
import Testing

/// Image files become pixels, or are refused with the byte at fault.
@Suite struct ImageTests {
    private func decode(_ bytes: [UInt8], _ format: PixelFormat = .rgb) -> ImageError? {
        if case .failure(let error) = decodedImage(bytes, format) { error } else { nil }
    }

    private func samples(_ bytes: [UInt8], _ format: PixelFormat = .rgb) throws -> [UInt8] {
        try decodedImage(bytes, format).get().samples
    }

    private static func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    /// A bitmap of 2 × 2 pixels with 24 bits each.
    private static let bitmap: [UInt8] =
        Array("BM".utf8) + little(70, 4) + little(0, 4) + little(54, 4) + little(40, 4) + little(2, 4) + little(2, 4)
        + little(1, 2) + little(24, 2) + little(0, 24) + [1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0]

    /// A TIFF of 2 × 1 pixels in gray.
    private static let tiff: [UInt8] =
        Array("II*\0".utf8) + little(8, 4) + little(5, 2)
        + [(256, 2), (257, 1), (258, 8), (262, 1), (273, 8)].flatMap { tag, value in
            little(tag, 2) + little(4, 2) + little(1, 4) + little(value, 4)
        } + little(0, 4)

    private static var seeds: [[UInt8]] {
        ImageSample.all.map(\.bytes) + [
            bitmap, tiff, Array("P2 2 2 7 0 1 2 7\n".utf8), Array("P6\n1 2\n255\nabcdef".utf8),
        ]
    }

    // MARK: Formats

    @Test(arguments: ImageSample.all) func decodesAsPillowDoes(_ sample: ImageSample) throws {
        let image = try decodedImage(sample.bytes, .rgb).get()
        #expect((image.width, image.height) == (11, 9))
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for value in image.samples { digest = (digest ^ UInt64(value)) &* 0x100_0000_01B3 }
        #expect(digest == sample.digest, "\(sample.name)")
    }

    @Test func ordersChannels() throws {
        #expect(try samples(Self.bitmap, .rgb) == [9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4])
        #expect(try samples(Self.bitmap, .bgr) == [7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6])
        #expect(try samples(Self.bitmap, .gray) == [8, 11, 2, 5])
        #expect(try samples(Self.tiff, .gray) == [5, 0])
    }

    @Test func stretchesSamples() throws {
        #expect(try samples(Array("P2 2 2 # nothing\n 6 0 1 3 6\n".utf8), .gray) == [0, 42, 128, 255])
        #expect(try samples(Array("P1 3 1 1 01".utf8), .gray) == [0, 255, 0])
    }

    // MARK: The operator

    private func graph(_ format: String) throws -> Graph {
        var builder = GraphBuilder()
        let x = builder.input("x", .u8, [.symbol("bytes")])
        builder.output(builder.node("ImageDecoder", "decode", [x], ["pixel_format": .string(format)], outputs: 1)[0])
        return try builder.finish()
    }

    @Test func givesShapesOfTheData() throws {
        let session = try Session(graph("BGR"))
        for text in ["P6 1 2 255 abcdef", "P5 3 1 255 abc", "P6 2 1 255 ABCDEF"] {
            let bytes = Array(text.utf8)
            let answer = try session.answer([TensorValue(.u8, [bytes.count], bytes.map(Double.init))])
            let image = try decodedImage(bytes, .bgr).get()
            #expect(answer == [TensorValue(.u8, [image.height, image.width, 3], image.samples.map(Double.init))])
        }
    }

    @Test func tellsWhatIsWrongAndWhere() throws {
        let session = try Session(graph("Grayscale"))
        #expect(throws: RuntimeError.badImage(step: 0, fault: .unknownFormat, offset: 0)) {
            try session.answer([TensorValue(.u8, [3], [1, 2, 3])])
        }
        let bytes = Array("P3 1 1 9 1 10 2 ".utf8)
        #expect(throws: RuntimeError.badImage(step: 0, fault: .badNumber, offset: 11)) {
            try session.answer([TensorValue(.u8, [bytes.count], bytes.map(Double.init))])
        }
        // The next request is answered.
        let good = Array("P5 1 1 255 a".utf8)
        #expect(
            try session.answer([TensorValue(.u8, [good.count], good.map(Double.init))])
                == [TensorValue(.u8, [1, 1, 1], [97])])
    }

    @Test func refusesOtherInputs() throws {
        #expect(throws: GraphError.self) { try self.graph("YUV") }
        #expect(throws: GraphError.self) {
            try Graph.node("ImageDecoder", [TensorValue(.i8, [1], [0])], isFixed: true)
        }
        #expect(throws: GraphError.self) {
            try Graph.node("ImageDecoder", [TensorValue(.u8, [1, 1], [0])], isFixed: true)
        }
    }

    // MARK: Hostile files

    @Test func refusesSizesBeyondTheLimits() {
        #expect(decode(Array("P5 65536 65536 255 ".utf8))?.fault == .tooLarge)
        #expect(decode(Array("P5 8000 8000 255 ".utf8)) == ImageError(.sizeBeyondData, at: 17))
        #expect(decode(Array("P5 99999999999999999999 1 255 ".utf8))?.fault == .badNumber)
        #expect(decode(Array("P5 0 1 255 ".utf8))?.fault == .badSize)
        var bitmap = Self.bitmap
        bitmap.replaceSubrange(18..<22, with: [0, 0, 0, 1])
        #expect(decode(bitmap) == ImageError(.sizeBeyondData, at: 18))
        bitmap.replaceSubrange(18..<26, with: [0, 0, 0, 0x80, 0, 0, 0, 0x80])
        #expect(decode(bitmap)?.fault == .badSize)
        // 16384 × 2048 pixels.
        let lossless = ImageSample.all.first { $0.name == "losslessWebP" }?.bytes ?? []
        bitmap = lossless
        bitmap.replaceSubrange(21..<25, with: [0xFF, 0xFF, 0xFF, 0x01])
        #expect(decode(bitmap) == ImageError(.sizeBeyondData, at: 24))
    }

    @Test func survivesCuts() {
        for seed in Self.seeds {
            for count in 0..<seed.count { _ = decode(Array(seed[..<count]), .gray) }
            #expect(decode(Array(seed.prefix(3))) != nil)
        }
    }

    @Test func survivesChangedBytes() {
        for seed in Self.seeds {
            for index in seed.indices {
                for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF, seed[index] ^ 1, seed[index] ^ 0x10] {
                    var bytes = seed
                    bytes[index] = value
                    _ = decode(bytes, .gray)
                }
            }
        }
    }

    @Test func survivesRandomBytes() {
        let rounds = ProcessInfo.processInfo.environment["PACK_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 500
        let number = ProcessInfo.processInfo.environment["PACK_FUZZ_SEED"].flatMap { UInt64($0) } ?? 20
        print("image fuzz: PACK_FUZZ_SEED=\(number) PACK_FUZZ_ROUNDS=\(rounds)")
        var random = SplitMix(state: number)
        for seed in Self.seeds {
            for _ in 0..<rounds {
                var bytes = seed
                for _ in 0...Int(random.next() % 6) {
                    bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                _ = decode(bytes)
            }
        }
    }
}
