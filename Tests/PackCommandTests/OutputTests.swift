import Foundation
import Testing

@Suite struct OutputTests {
    private func expect(_ arguments: [String], _ golden: String) throws {
        let scratch = try Scratch()
        _ = try TinyModel.write(to: scratch)
        let command = try Command.run(arguments, in: scratch.path)
        #expect(command.status == 0)
        #expect(command.error == "")
        try Golden.expect(command.output, golden)
    }

    @Test func profilesList() throws { try expect(["profiles"], "profiles.txt") }
    @Test func oneProfile() throws { try expect(["profiles", "lambda"], "profiles-lambda.txt") }
    @Test func oneProfileAsJSON() throws {
        try expect(["profiles", "cloud-run", "--format", "json"], "profiles-cloud-run.json")
    }
    @Test func analyze() throws { try expect(["analyze", "model"], "analyze.txt") }
    @Test func analyzeForTargets() throws {
        try expect(["analyze", "model", "--target", "lambda", "--target", "lambda-2020"], "analyze-targets.txt")
    }
    @Test func analyzeAsJSON() throws {
        try expect(["analyze", "model", "--target", "lambda", "--format", "json"], "analyze.json")
    }
    @Test func analyzeAsMarkdown() throws {
        try expect(["analyze", "model", "--target", "lambda", "--format", "markdown"], "analyze.md")
    }
    @Test func analyzeWeightsAlone() throws {
        try expect(["analyze", "model/model.safetensors", "--target", "lambda"], "analyze-weights.txt")
    }
    @Test func inspectFolder() throws { try expect(["inspect", "model"], "inspect-model.txt") }
    @Test func inspectFolderAsJSON() throws {
        let scratch = try Scratch()
        _ = try TinyModel.write(to: scratch)
        let command = try Command.run(["inspect", "model", "--format", "json"], in: scratch.path)
        let object = try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any]
        #expect(object?["schema"] as? String == "pack.inspect.model/1")
        #expect(object?["architecture"] as? String == "BertModel")
        #expect((object?["nodes"] as? [Any])?.isEmpty == false)
    }
    @Test func inspectFile() throws { try expect(["inspect", "model/model.safetensors"], "inspect-weights.txt") }
    @Test func inspectFileAsJSON() throws {
        try expect(["inspect", "model/model.safetensors", "--format", "json"], "inspect-weights.json")
    }

    @Test func anUnknownArchitectureIsStillReportedOn() throws {
        let scratch = try Scratch()
        let configuration = #"{"architectures": ["NewModel"], "model_type": "new"}"#
        _ = try TinyModel.write(to: scratch, configuration: configuration)
        let command = try Command.run(["analyze", "model", "--target", "lambda"], in: scratch.path)
        #expect(command.status == 0)
        try Golden.expect(command.output, "analyze-unknown.txt")
    }

    @Test(arguments: [("roberta-hidden", true), ("bert-embedding-dense", false)])
    func aModelIsReportedOnWhetherOrNotItCanBeSlimmed(_ name: String, _ isRefused: Bool) throws {
        let folder = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Fixtures/models"
        let command = try Command.run(["analyze", name, "--target", "lambda", "--format", "json"], in: folder)
        #expect(command.status == 0)
        let report = try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any]
        #expect((report?["problems"] as? [Any])?.isEmpty == true)
        #expect((report?["predictions"] as? [Any])?.isEmpty == isRefused)
        #expect((report?["obstacle"] is String) == isRefused)
    }

    @Test func theReportGoesToAFile() throws {
        let scratch = try Scratch()
        let command = try Command.run(["profiles", "--output", "list.txt"], in: scratch.path)
        #expect(command.status == 0)
        #expect(command.output == "")
        #expect(try scratch.text("list.txt") == Command.run(["profiles"]).output)
    }

    @Test func twiceTheSame() throws {
        let scratch = try Scratch()
        _ = try TinyModel.write(to: scratch)
        let arguments = ["analyze", "model", "--format", "json"]
        #expect(try Command.run(arguments, in: scratch.path).output == Command.run(arguments, in: scratch.path).output)
    }
}
