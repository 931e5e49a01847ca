/* SPDX-License-Identifier: MIT */
#ifndef VAP_MATRIX_KERNEL_H
#define VAP_MATRIX_KERNEL_H

/** The kernel a host behaves as in all but the guest matrix: vetoes, errors,
 *  attributes. Recorded from 6.12.107 and 7.2.13. */
enum vap_kernel { VAP_LINUX_6_12, VAP_LINUX_7_2, VAP_KERNELS };

#endif
