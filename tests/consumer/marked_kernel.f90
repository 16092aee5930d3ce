! A program in Fortran: the markers through their C interface.
program marked_kernel
  use, intrinsic :: iso_c_binding
  implicit none
  interface
    integer(c_int) function assay_regions_open(output, launch, ranks) bind(c)
      import :: c_char, c_int
      character(kind=c_char), intent(in) :: output(*)
      integer(c_int), value :: launch, ranks
    end function
    integer(c_int) function assay_regions_write() bind(c)
      import :: c_int
    end function
    subroutine assay_region_begin(name, flops, bytes, dtype, level, threads) bind(c)
      import :: c_char, c_double, c_int
      character(kind=c_char), intent(in) :: name(*), dtype(*), level(*)
      real(c_double), value :: flops, bytes
      integer(c_int), value :: threads
    end subroutine
    subroutine assay_region_end() bind(c)
    end subroutine
  end interface
  integer, parameter :: n = 1000000
  real(c_double), allocatable :: a(:), b(:)
  character(len=255) :: output
  integer :: i
  output = "assay-regions"
  if (command_argument_count() > 0) call get_command_argument(1, output)
  allocate (a(n), b(n))
  b = 2
  if (assay_regions_open(trim(output) // c_null_char, 1_c_int, 1_c_int) /= 0) stop 4
  do i = 1, 5
    call assay_region_begin("scale from Fortran" // c_null_char, real(n, c_double), 16.0_c_double * n, &
                            "f64" // c_null_char, "DRAM" // c_null_char, 1_c_int)
    a = 3 * b
    call assay_region_end()
  end do
  if (assay_regions_write() /= 0) stop 4
  if (a(n) /= 6) stop 3
end program
