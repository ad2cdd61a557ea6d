import CPackKernels
import CPackSystem
import Glibc
import PackIO
import PackPlanner
import PackRuntime
import PackServing
import PackTokenizers

/// The runtime inside the tool.
enum LocalSession {
    /// Opens a plan.
    static func open(_ image: PlanImage, threads: Int?, instructionSet: String?) throws -> Session {
        let threads = threads ?? Int(pack_cpu_count())
        let name = instructionSet ?? getenv("PACK_ISA").map { String(cString: $0) }
        do throws(RuntimeError) {
            guard let name else { return try Session(plan: image.bytes, threads: threads, keeping: image) }
            var session: Session?
            var failure: RuntimeError?
            name.withCString { name in
                do throws(RuntimeError) {
                    session = try Session(
                        plan: image.bytes, threads: threads, instructionSet: name, keeping: image)
                } catch { failure = error }
            }
            if let session { return session }
            throw failure ?? .unavailableInstructionSet
        } catch {
            throw Refusal(facts: RuntimeFacts.facts(error, instructionSet: name))
        }
    }

    /// What answers requests with a session.
    static func predictor(_ session: Session) throws -> Predictor<SessionEngine, TokenizerEncoder> {
        let encoder: TokenizerEncoder?
        do throws(TokenizerError) {
            if let table = session.tokenizerTable {
                encoder = TokenizerEncoder(try Tokenizer(table: table))
            } else {
                encoder = nil
            }
        } catch {
            throw Refusal(facts: ErrorFacts("the plan's tokenizer cannot be used", found: "\(error)"))
        }
        return Predictor(engine: SessionEngine(session), encoder: encoder)
    }

    /// Instruction sets by family of kernels, and memory.
    static func explanation(_ session: Session) -> String {
        var text = "kernels:"
        withUnsafeBytes(of: session.kernels.pointee.isa) { chosen in
            for family in 0..<chosen.count where chosen[family] != UInt8(PACK_ISA_NONE.rawValue) {
                guard let name = pack_family_name(UInt32(family)), let isa = pack_isa_name(UInt32(chosen[family]))
                else {
                    continue
                }
                text += " \(String(cString: name))=\(String(cString: isa))"
            }
        }
        return text + "\nactivations: \(session.arenaBytes) bytes\n"
    }
}

/// Words for what the runtime refuses.
enum RuntimeFacts {
    static func facts(_ error: RuntimeError, instructionSet: String?) -> ErrorFacts {
        switch error {
        case .plan(let fault):
            ErrorFacts(
                "is not a usable plan", file: "model.pack",
                place: fault.section > 0 ? "section \(fault.section), record \(fault.record)" : nil,
                found: "\(fault.kind)", hint: "make the bundle again with pack slim")
        case .unavailableInstructionSet:
            ErrorFacts(
                "the instruction set cannot be used here", found: instructionSet ?? "none",
                expected: "one of " + available().joined(separator: ", "))
        case .missingOperator(let step, let id):
            ErrorFacts("the runtime lacks an operator", place: "step \(step)", found: "operator \(id)")
        default: ErrorFacts("the model cannot be run", found: "\(error)")
        }
    }

    private static func available() -> [String] {
        (1..<UInt32(PACK_ISA_COUNT.rawValue)).filter { pack_isa_available($0) != 0 }
            .compactMap { pack_isa_name($0).map { String(cString: $0) } }
    }
}
