import Testing

@Suite struct ErrorTests {
    /// Arguments, exit status, and how standard error begins and what is in it.
    struct Failure: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        let status: Int32
        let parts: [String]
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let failures = [
        Failure(arguments: [], status: 64, parts: ["error: a subcommand is missing"]),
        Failure(arguments: ["analyse"], status: 64, parts: ["no subcommand 'analyse'; did you mean analyze?"]),
        Failure(arguments: ["analyze", "--format", "xml"], status: 64, parts: ["'xml' is invalid"]),
        Failure(arguments: ["analyze", "a", "b"], status: 2, parts: ["error: a: ", "No such file or directory"]),
        Failure(arguments: ["analyze", "--measure"], status: 64, parts: ["--measure needs --entry"]),
        Failure(arguments: ["analyze", "--python", "2.7"], status: 64, parts: ["--python is a release such as 3.13"]),
        Failure(arguments: ["gate", "model"], status: 64, parts: ["no platform to judge by"]),
        Failure(
            arguments: ["gate", "--config", "gate.yaml"], status: 2,
            parts: ["error: gate.yaml: is not a gate's configuration, at line 3, ", "hint: did you mean targets?"]),
        Failure(arguments: ["bench"], status: 64, parts: ["error: Missing expected argument"]),
        Failure(arguments: ["bench", "--kernels", "model"], status: 64, parts: ["--kernels takes no model"]),
        Failure(
            arguments: ["bench", "model", "--against", "onnxrt"], status: 64,
            parts: ["no peer is called 'onnxrt'; peers: onnxruntime, onnxruntime-fused, openvino, torch"]),
        Failure(
            arguments: ["bench", "model", "--against", "torch", "--python", "/no/python"], status: 2,
            parts: ["error: /no/python: cannot be started", "a Python with torch transformers"]),
        Failure(arguments: ["bench", "model", "--starts", "-1"], status: 64, parts: ["--starts"]),
        Failure(arguments: ["inspect"], status: 64, parts: ["error: Missing expected argument"]),
        Failure(arguments: ["profiles", "--output"], status: 64, parts: ["error: Missing value"]),
        Failure(
            arguments: ["profiles", "lamda"], status: 2,
            parts: ["error: lamda: ", "one of app-runner, azure-container-apps,", "\nhint: did you mean lambda?\n"]),
        Failure(
            arguments: ["analyze", "model", "--target", "lambda2020"], status: 2, parts: ["did you mean lambda-2020?"]),
        Failure(arguments: ["analyze", "absent"], status: 2, parts: ["error: absent: ", "No such file or directory"]),
        Failure(arguments: ["inspect", "absent.safetensors"], status: 2, parts: ["error: absent.safetensors: "]),
        Failure(
            arguments: ["analyze", "model", "--target", "./bad.yaml"], status: 2,
            parts: ["error: ./bad.yaml: ", "at line 2, nmae", "found an unknown key", "hint: did you mean name?"]),
        Failure(arguments: ["profiles", "./absent.yaml"], status: 2, parts: ["error: ./absent.yaml: "]),
        Failure(arguments: ["inspect", "short.safetensors"], status: 2, parts: ["error: short.safetensors: "]),
        Failure(arguments: ["inspect", "bad.yaml"], status: 2, parts: ["error: bad.yaml: "]),
        Failure(
            arguments: ["profiles", "--output", "absent/list.txt"], status: 2, parts: ["error: absent/list.txt: "]),
        Failure(arguments: ["analyze", "model\u{1B}[2J"], status: 2, parts: ["error: model\\u{1B}[2J: "]),
    ]

    @Test(arguments: failures) func isToldWithItsStatus(_ failure: Failure) throws {
        let scratch = try Scratch()
        _ = try TinyModel.write(to: scratch)
        try scratch.write("empty/note.txt", Array("nothing".utf8))
        try scratch.write("bad.yaml", Array("schema: pack.profile/1\nnmae: bad\n".utf8))
        try scratch.write("gate.yaml", Array("# limits\nschema: pack.gate/1\ntragets: [lambda]\n".utf8))
        try scratch.write("short.safetensors", Array(TinyModel.safetensors(TinyModel.tensors).dropLast()))
        let command = try Command.run(failure.arguments, in: scratch.path)
        #expect(command.status == failure.status)
        #expect(command.output == "")
        #expect(command.error.hasPrefix("error: "))
        for part in failure.parts { #expect(command.error.contains(part)) }
    }

    @Test(arguments: [["--help"], ["analyze", "--help"], ["help", "profiles"], ["--version"]])
    func whatIsAskedForIsNoError(_ arguments: [String]) throws {
        let command = try Command.run(arguments)
        #expect(command.status == 0)
        #expect(command.error == "")
        #expect(!command.output.isEmpty)
    }
}
