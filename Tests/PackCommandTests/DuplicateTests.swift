import Foundation
import Testing

@Suite struct DuplicateTests {
    @Test func tensorsWithTheSameBytesAreNamed() throws {
        let scratch = try Scratch()
        // 64 * 251 elements: the values repeat with that period, so the second tensor holds what the first does.
        let shape = [64, 251]
        try scratch.write("w.safetensors", TinyModel.safetensors([("a", shape), ("b", shape), ("c", [251, 64])]))
        let command = try Command.run(["analyze", "w.safetensors", "--format", "json"], in: scratch.path)
        let report = try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any]
        let model = report?["model"] as? [String: Any]
        let duplicates = model?["duplicates"] as? [String: Any]
        #expect(duplicates?["bytes"] as? Int == 64 * 251 * 4)
        let groups = duplicates?["tensors"] as? [[String: Any]]
        #expect(groups?.map { $0["names"] as? [String] } == [["a", "b"]])
    }
}
