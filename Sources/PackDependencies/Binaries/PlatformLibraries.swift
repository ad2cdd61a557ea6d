import PackFormats

/// What provides a library that a binary needs.
public enum LibraryProvider: String, Hashable, Sendable {
    /// A file of the tree.
    case tree
    /// The platform's C library.
    case libc
    /// A library that common base images have, and minimal ones don't.
    case base
    /// A library of desktops, which images for servers lack: OpenGL, X11, GLib.
    case desktop
    /// The driver of a graphics processor.
    case driver
    /// The Python that runs the code.
    case python
    /// Nothing that is known.
    case nothing
}

/// Libraries that wheels may expect of a platform.
///
/// Source: the libraries that PEP 513 and 599 allow wheels for `manylinux` to need, which PEP 600 keeps, and that
/// auditwheel's policy files list with
/// libz and libexpat added later. Of these only glibc's own are on every platform that has glibc.
enum PlatformLibraries {
    private static let glibc: Set<String> = [
        "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libresolv.so.2",
        "libanl.so.1", "libmvec.so.1", "libnsl.so.1", "libcrypt.so.1", "libBrokenLocale.so.1", "libthread_db.so.1",
    ]
    private static let base: Set<String> = [
        "libgcc_s.so.1", "libstdc++.so.6", "libz.so.1", "libexpat.so.1",
    ]
    private static let desktop: Set<String> = [
        "libX11.so.6", "libXext.so.6", "libXrender.so.1", "libICE.so.6", "libSM.so.6", "libGL.so.1",
        "libgobject-2.0.so.0", "libgthread-2.0.so.0", "libglib-2.0.so.0",
    ]
    /// What NVIDIA's driver installs, as the container toolkit mounts it.
    private static let driver: Set<String> = [
        "libcuda.so.1", "libnvidia-ml.so.1", "libnvcuvid.so.1", "libnvidia-encode.so.1",
        "libnvidia-ptxjitcompiler.so.1",
        "libnvoptix.so.1",
    ]

    /// What on a platform provides a library that is not in the tree. `nil` for the C library where that is not known.
    static func provider(of name: String, libc: TargetEnvironment.LibC?) -> LibraryProvider {
        if driver.contains(name) { return .driver }
        if name.beginsInBytes("libpython3.") { return .python }
        let isMusl = name == "libc.so" || name.beginsInBytes("libc.musl-") || name.beginsInBytes("ld-musl-")
        let isGlibc =
            glibc.contains(name) || name.beginsInBytes("ld-linux") || name == "ld64.so.2" || name == "ld64.so.1"
        switch libc {
        case .glibc: if isGlibc { return .libc }
        case .musl: if isMusl { return .libc }
        case nil: if isGlibc || isMusl { return .libc }
        }
        if base.contains(name) { return .base }
        return desktop.contains(name) ? .desktop : .nothing
    }
}
