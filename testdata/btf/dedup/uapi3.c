#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/in6.h>
#include <linux/tcp.h>
#include <linux/io_uring.h>
struct bpf_map_info mi; struct rtnl_link_stats64 st; struct in6_addr a6; struct tcp_info *ti2; struct io_uring_params up; struct bpf_link_info li; struct bpf_fib_lookup fl; struct io_uring_sqe sqe; enum bpf_prog_type pt;
int g(struct __sk_buff *s, struct bpf_sock_addr *x) { return s->len + x->family; }
