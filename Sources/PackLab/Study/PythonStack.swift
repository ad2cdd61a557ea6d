import FoundationEssentials
import PackIO

/// A usual way to serve a model with Python, to be measured beside bundles.
public enum PythonStack: String, CaseIterable, Sendable {
    /// FastAPI and uvicorn with onnxruntime.
    case onnxruntime
    /// FastAPI and uvicorn with PyTorch and transformers; for model folders.
    case torch

    /// What `pip install` must be given for it to work.
    public var packages: String {
        switch self {
        case .onnxruntime: "fastapi uvicorn onnxruntime"
        case .torch: "fastapi uvicorn torch transformers"
        }
    }

    /// Whether it serves model folders alone.
    public var needsFolder: Bool { self == .torch }

    /// What is found out about an installed stack before it is measured.
    public struct Facts: Sendable, Equatable {
        /// Packages with their versions: `onnxruntime 1.32.0`.
        public var versions: [String]
        /// Bytes of its packages and of all that they need, without compiled bytecode.
        public var packageBytes: Int
        /// Bytes of the model in its form.
        public var modelBytes: Int
        /// Bytes of both compressed as a zip would; nil where they were not compressed.
        public var zippedBytes: Int?
        /// The latest glibc that one of its wheels asks for: `2.28`; nil where none does.
        public var glibc: String?
    }

    /// Why a stack cannot be measured.
    public struct Absence: Error, Sendable, Equatable {
        /// In words, with what would help.
        public var reason: String
    }

    /// Looks whether a Python has the stack, and how large it is.
    ///
    /// - Parameters:
    ///   - python: A Python's name or path.
    ///   - model: The ONNX file, or for torch the model folder.
    ///   - compressible: Up to so many bytes it is compressed, to know its zip's size.
    public func facts(python: String, model: String, compressible: Int) throws(Absence) -> Facts {
        let start: ProcessStart
        do throws(EmulationError) {
            start = try ProcessStart.run(
                ["/usr/bin/env", python, "-c", StackScript.facts, rawValue, model, "\(compressible)"])
        } catch { throw Absence(reason: "\(python) cannot be started") }
        guard start.status == 0, let line = start.output.split(separator: "\n").last,
            let answer = try? JSONDecoder().decode(StackAnswer.self, from: Data(line.utf8))
        else {
            throw Absence(reason: "\(python) cannot be started, or is no Python")
        }
        if let missing = answer.missing {
            throw Absence(reason: "not installed (no \(missing)): \(python) -m pip install \(packages)")
        }
        return Facts(
            versions: answer.versions ?? [], packageBytes: answer.packageBytes ?? 0,
            modelBytes: answer.modelBytes ?? 0, zippedBytes: answer.zippedBytes, glibc: answer.glibc)
    }

    /// The command that serves a model on `PORT`.
    func command(python: String, model: String) -> [String] {
        ["/usr/bin/env", python, "-c", StackScript.server, rawValue, model]
    }
}

/// What the script says.
private struct StackAnswer: Decodable {
    var missing: String?
    var versions: [String]?
    var packageBytes: Int?
    var modelBytes: Int?
    var zippedBytes: Int?
    var glibc: String?
}
