from spack.package import *


class Assay(CMakePackage):
    """Measures what a cluster can do before anyone pays for more of it."""

    license("Apache-2.0")

    version("0.1.0")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("boost@1.74:+program_options")
    depends_on("blas")
    depends_on("eigen@3.4:")
    depends_on("fast-cpp-csv-parser")
    depends_on("fmt@9:")
    depends_on("highway@1.0.3:")
    depends_on("hwloc@2.9:")
    depends_on("libfabric@1.17: fabrics=tcp,shm,verbs,rxm")
    depends_on("nlohmann-json@3.11:")
    depends_on("papi@7:")
    depends_on("pmix@4.2:")
    depends_on("pugixml@1.13:")
    depends_on("tomlplusplus@3.3:")

    conflicts("%gcc@:11", msg="C++20 as of GCC 12 is needed")

    def cmake_args(self):
        return [
            self.define("ASSAY_BUILD_TESTS", self.run_tests),
            self.define("ASSAY_BUILD_KERNELS", False),
            self.define("ASSAY_BUILD_COMPARATORS", False),
        ]
