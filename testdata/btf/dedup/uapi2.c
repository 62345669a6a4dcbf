#include <linux/bpf.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/perf_event.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
union bpf_attr attr2; struct bpf_prog_info *info2; struct tcphdr tcp; struct udphdr udp; struct bpf_sock_ops so; struct nlmsghdr nh; struct tcmsg tc; struct perf_event_mmap_page pm; struct perf_event_attr *pe2;
int g(struct __sk_buff *s, struct xdp_md *x) { return s->len + x->data; }
