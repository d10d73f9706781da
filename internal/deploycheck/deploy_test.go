package deploycheck_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

const deploy = "../../deploy"

// blank is an empty object of a kind, or nil for one that is not expected here.
func blank(t metav1.TypeMeta) any {
	switch t.APIVersion + " " + t.Kind {
	case "v1 Namespace":
		return &corev1.Namespace{}
	case "v1 ServiceAccount":
		return &corev1.ServiceAccount{}
	case "v1 Service":
		return &corev1.Service{}
	case "apps/v1 StatefulSet":
		return &appsv1.StatefulSet{}
	case "policy/v1 PodDisruptionBudget":
		return &policyv1.PodDisruptionBudget{}
	case "autoscaling/v2 HorizontalPodAutoscaler":
		return &autoscalingv2.HorizontalPodAutoscaler{}
	case "networking.k8s.io/v1 NetworkPolicy":
		return &networkingv1.NetworkPolicy{}
	default:
		return nil
	}
}

// objects reads the manifests of a file, each strictly as what it says that it is.
func objects(t *testing.T, name string) []any {
	t.Helper()
	f, err := os.Open(filepath.Join(deploy, "kubernetes", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	in := utilyaml.NewYAMLReader(bufio.NewReader(f))
	var all []any
	for {
		text, err := in.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal(text, &kind); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		object := blank(kind)
		if object == nil {
			t.Fatalf("%s: an object of kind %s %s is not expected", name, kind.APIVersion, kind.Kind)
		}
		if err := yaml.UnmarshalStrict(text, object); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, object)
	}
}

// A kustomization is what the file of that name says.
type kustomization struct {
	metav1.TypeMeta `json:",inline"`
	Namespace       string   `json:"namespace"`
	Resources       []string `json:"resources"`
	Generators      []struct {
		Name  string   `json:"name"`
		Files []string `json:"files"`
	} `json:"configMapGenerator"`
	Images []struct {
		Name   string `json:"name"`
		NewTag string `json:"newTag"`
	} `json:"images"`
}

// TestManifests reads every manifest by the types of the Kubernetes API, and sees that what one names another has.
func TestManifests(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(deploy, "kubernetes", "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all kustomization
	if err := yaml.UnmarshalStrict(text, &all); err != nil {
		t.Fatal(err)
	}
	listed := append([]string{"kustomization.yaml"}, all.Resources...)
	for _, g := range all.Generators {
		listed = append(listed, g.Files...)
	}
	entries, err := os.ReadDir(filepath.Join(deploy, "kubernetes"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(listed, e.Name()) {
			t.Errorf("%s is not in kustomization.yaml", e.Name())
		}
	}
	var set *appsv1.StatefulSet
	services := map[string]*corev1.Service{}
	selectors := map[string]*metav1.LabelSelector{}
	for _, name := range all.Resources {
		for _, object := range objects(t, name) {
			switch o := object.(type) {
			case *appsv1.StatefulSet:
				set = o
				selectors[name] = o.Spec.Selector
			case *corev1.Service:
				services[o.Name] = o
				selectors[name+" "+o.Name] = &metav1.LabelSelector{MatchLabels: o.Spec.Selector}
			case *policyv1.PodDisruptionBudget:
				selectors[name] = o.Spec.Selector
			case *networkingv1.NetworkPolicy:
				selectors[name] = &o.Spec.PodSelector
			case *autoscalingv2.HorizontalPodAutoscaler:
				if o.Spec.ScaleTargetRef.Kind != "StatefulSet" || o.Spec.ScaleTargetRef.Name != "mcp-kernel" {
					t.Errorf("%s scales %+v", name, o.Spec.ScaleTargetRef)
				}
			}
		}
	}
	if set == nil {
		t.Fatal("there is no StatefulSet")
	}
	for name, s := range selectors {
		for label, value := range s.MatchLabels {
			if set.Spec.Template.Labels[label] != value {
				t.Errorf("%s selects %s=%s, which the pods do not have", name, label, value)
			}
		}
	}
	if services[set.Spec.ServiceName] == nil {
		t.Errorf("the StatefulSet names the service %s, which is not there", set.Spec.ServiceName)
	}
	hardened(t, &set.Spec.Template.Spec)
	wired(t, set, services)
}

// hardened sees that a pod has no more rights than it needs.
func hardened(t *testing.T, pod *corev1.PodSpec) {
	t.Helper()
	if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.SeccompProfile == nil || pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Errorf("the pod may be root, unconfined, or use the API: %+v", s)
	}
	for _, c := range pod.Containers {
		s := c.SecurityContext
		if s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation ||
			s.Capabilities == nil || !slices.Contains(s.Capabilities.Drop, "ALL") {
			t.Errorf("container %s is not hardened: %+v", c.Name, s)
		}
		if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
			t.Errorf("container %s has no bounds", c.Name)
		}
		if c.ReadinessProbe == nil || c.LivenessProbe == nil || c.StartupProbe == nil {
			t.Errorf("container %s has no probes", c.Name)
		}
	}
}

// wired sees that ports, probes and volumes have what they name.
func wired(t *testing.T, set *appsv1.StatefulSet, services map[string]*corev1.Service) {
	t.Helper()
	pod := set.Spec.Template.Spec
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
	}
	for _, v := range set.Spec.VolumeClaimTemplates {
		volumes[v.Name] = true
	}
	ports := map[string]bool{}
	for _, c := range pod.Containers {
		for _, p := range c.Ports {
			ports[p.Name] = true
		}
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				t.Errorf("container %s mounts %s, which is not there", c.Name, m.Name)
			}
		}
		for _, probe := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
			if probe.HTTPGet == nil || !ports[probe.HTTPGet.Port.String()] {
				t.Errorf("a probe asks at %+v", probe.HTTPGet)
			}
		}
	}
	for name, s := range services {
		for _, p := range s.Spec.Ports {
			if !ports[p.TargetPort.String()] {
				t.Errorf("service %s leads to port %s, which is not there", name, p.TargetPort.String())
			}
		}
	}
}

// TestCompose reads the Compose file by the specification's own loader.
func TestCompose(t *testing.T) {
	t.Parallel()
	o, err := cli.NewProjectOptions([]string{filepath.Join(deploy, "compose", "compose.yaml")}, cli.WithConsistency(true), cli.WithInterpolation(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := o.LoadProject(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range project.Services {
		for _, v := range s.Volumes {
			if v.Type == "bind" && filepath.Base(v.Source) != "keys" { // prepare makes it
				if _, err := os.Stat(v.Source); err != nil {
					t.Errorf("service %s: %v", name, err)
				}
			}
		}
	}
	kernel, redis := project.Services["kernel"], project.Services["redis"]
	if !kernel.ReadOnly || kernel.User == "" || !slices.Contains(kernel.CapDrop, "ALL") || kernel.Deploy == nil || *kernel.Deploy.Replicas != 3 {
		t.Errorf("the kernel is not hardened, or not three: %+v", kernel)
	}
	if !slices.Contains(redis.Command, "noeviction") || !slices.Contains(redis.Command, "--appendonly") {
		t.Errorf("what Redis forgets is a limit that is counted anew: %v", redis.Command)
	}
}
